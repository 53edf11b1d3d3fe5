import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client } from "../../lib/client";
import { unwrap } from "../../lib/problem";
import type { components } from "../../lib/schema";

export type ExposedPort = components["schemas"]["ExposedPort"];
export type NewExposure = components["schemas"]["NewExposure"];

const POLL_MS = 5_000;

const keyOf = (sessionId: string) => ["sessions", sessionId, "exposures"] as const;

/** Asked for anew when the session comes or goes, which changes each exposure's status. */
export function useExposures(sessionId: string, running: boolean) {
  return useQuery({
    queryKey: [...keyOf(sessionId), running],
    placeholderData: keepPreviousData,
    refetchInterval: POLL_MS,
    queryFn: async () => {
      const answer = await unwrap(
        client.GET("/api/v1/sessions/{id}/expose", { params: { path: { id: sessionId } } }),
      );
      return answer.exposed_ports;
    },
  });
}

export function useExpose(sessionId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: NewExposure) =>
      unwrap(client.POST("/api/v1/sessions/{id}/expose", { params: { path: { id: sessionId } }, body })),
    onSuccess: () => cache.invalidateQueries({ queryKey: keyOf(sessionId) }),
  });
}

export function useUnexpose(sessionId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (port: number) =>
      unwrap(
        client.DELETE("/api/v1/sessions/{id}/expose/{port}", { params: { path: { id: sessionId, port } } }),
      ),
    // After a refusal too: somebody else may have taken it back.
    onSettled: () => cache.invalidateQueries({ queryKey: keyOf(sessionId) }),
  });
}
