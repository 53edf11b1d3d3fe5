/** Where a login goes on to. */
export interface Next {
  /** Same origin; for the router a path, for a navigation the whole URL. */
  to: string;
  /** True where the server answers, and the browser has to load it. */
  leaves: boolean;
}

/** The gateway's page that tells an app who somebody is (docs/decisions/0012). */
const AUTHORIZE = "/api/v1/gateway/authorize";
/** A port of a session by path: the server leads a browser that is logged in to the app's own host. */
const BY_PATH = /^\/api\/v1\/sessions\/ses[_-][0-9a-z]{26}\/proxy\/\d{1,5}(\/|$)/;

/**
 * Reads `next` of a query. Whoever sends somebody a link to the login page chooses it, so that nothing but a page of
 * this UI, the gateway's authorisation and a session's port by path count; null for anything else.
 */
export function readNext(search: string, origin: string): Next | null {
  const next = new URLSearchParams(search).get("next");
  // Browsers read "\" as "/" and leave out control characters and line ends: none of them has business here.
  if (!next?.startsWith("/") || /[\\\p{Cc}\s]/u.test(next)) return null;
  const url = parse(next, origin);
  // "//host" is another origin; "/.//host" is not, but becomes "//host" when it is written out.
  if (!url || url.origin !== origin || url.pathname.startsWith("//")) return null;
  if (url.pathname === AUTHORIZE || BY_PATH.test(url.pathname)) return { to: url.href, leaves: true };
  const isPage = !/^\/(api|login)(\/|$)/.test(url.pathname);
  return isPage ? { to: url.pathname + url.search + url.hash, leaves: false } : null;
}

/** The host of the app that somebody wants to get to, for the words above the login; "" when there is none. */
export function appOf(next: Next | null, origin: string): string {
  if (!next?.leaves) return "";
  const to = parse(next.to, origin)?.searchParams.get("to") ?? "";
  return /^https?:\/\//i.test(to) ? (parse(to, origin)?.host ?? "") : "";
}

function parse(text: string, base: string): URL | null {
  return URL.canParse(text, base) ? new URL(text, base) : null;
}
