import { useEffect } from "react";
import { useLocation } from "wouter";
import { readNext } from "../lib/next_address";

/** At /login with a login: on to where it was asked for, without a way back to here. */
export function GoOn() {
  const [, navigate] = useLocation();
  useEffect(() => {
    const next = readNext(window.location.search, window.location.origin);
    if (next?.leaves) window.location.assign(next.to);
    else navigate(next?.to ?? "/", { replace: true });
  }, [navigate]);
  return null;
}
