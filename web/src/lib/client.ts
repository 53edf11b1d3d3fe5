import createClient from "openapi-fetch";
import type { paths } from "./schema";

/** Longest wait for an answer. Chosen: all of these answers come from the control plane's own store. */
const ANSWER_WITHIN_MS = 20_000;

/** The only way to the API; used in features/<name>/api.ts and nowhere else. The login travels in an HttpOnly cookie. */
export const client = createClient<paths>({
  baseUrl: window.location.origin,
  credentials: "same-origin",
  fetch: (request) => {
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
    return globalThis.fetch(new Request(request, { signal }));
  },
});
