import { type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client } from "../../lib/client";
import { unwrap } from "../../lib/problem";
import type { components } from "../../lib/schema";

export type Session = components["schemas"]["Session"];
export type NewSession = components["schemas"]["NewSession"];

/** Everything about sessions lies below this key, a session's exposures too. */
const SESSIONS = ["sessions"] as const;

const POLL_MOVING_MS = 1_000;
const POLL_RESTING_MS = 5_000;

/** Whether the session's state will change without anybody's doing. */
export function isMoving(session: Session): boolean {
  return session.state === "starting" || session.state === "stopping";
}

/** What the session's message adds to its state; empty where it only repeats it. */
export function statusOf({ state, status_message }: Session): string {
  return status_message === state ? "" : status_message;
}

/** Milliseconds until to ask again. */
export function pollEvery(sessions: readonly Session[]): number {
  return sessions.some(isMoving) ? POLL_MOVING_MS : POLL_RESTING_MS;
}

export function useSessions() {
  return useQuery({
    queryKey: SESSIONS,
    refetchInterval: (query) => pollEvery(query.state.data ?? []),
    queryFn: async () => (await unwrap(client.GET("/api/v1/sessions"))).sessions,
  });
}

export function useSession(id: string) {
  return useQuery({
    queryKey: [...SESSIONS, id],
    refetchInterval: (query) => pollEvery(query.state.data ? [query.state.data] : []),
    queryFn: () => unwrap(client.GET("/api/v1/sessions/{id}", { params: { path: { id } } })),
  });
}

export function useCreateSession() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: NewSession) => unwrap(client.POST("/api/v1/sessions", { body })),
    onSuccess: (session) => remember(cache, session),
  });
}

export function useStopSession() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(client.POST("/api/v1/sessions/{id}/stop", { params: { path: { id } } })),
    onSuccess: (session) => remember(cache, session),
  });
}

export function useStartSession() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(client.POST("/api/v1/sessions/{id}/start", { params: { path: { id } } })),
    onSuccess: (session) => remember(cache, session),
  });
}

export function useDeleteSession() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => unwrap(client.DELETE("/api/v1/sessions/{id}", { params: { path: { id } } })),
    onSuccess: (_, id) => {
      cache.setQueryData<Session[]>(SESSIONS, (all) => all?.filter((session) => session.id !== id));
      return cache.invalidateQueries({ queryKey: SESSIONS, exact: true });
    },
  });
}

/** Shows the server's answer at once, in both places, then asks for the rest. */
function remember(cache: QueryClient, session: Session) {
  cache.setQueryData([...SESSIONS, session.id], session);
  cache.setQueryData<Session[]>(SESSIONS, (all) =>
    all?.map((known) => (known.id === session.id ? session : known)),
  );
  return cache.invalidateQueries({ queryKey: SESSIONS, exact: true });
}
