import { useEffect } from "react";

/** Names the window after the page. */
export function useTitle(page: string) {
  useEffect(() => {
    document.title = `${page} · Helix`;
  }, [page]);
}
