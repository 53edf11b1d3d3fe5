import {
  keepPreviousData,
  type QueryClient,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { client } from "../../lib/client";
import { unwrap } from "../../lib/problem";
import type { components } from "../../lib/schema";

export type ExposedPort = components["schemas"]["ExposedPort"];
export type NewExposure = components["schemas"]["NewExposure"];
export type ListeningPort = components["schemas"]["ListeningPort"];

const POLL_MS = 5_000;

const keyOf = (sessionId: string) => ["sessions", sessionId, "exposures"] as const;
const listeningKeyOf = (sessionId: string) => ["sessions", sessionId, "ports"] as const;

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

/** What listens in a running session; it is not asked while it does not run. */
export function useListening(sessionId: string, running: boolean) {
  return useQuery({
    queryKey: listeningKeyOf(sessionId),
    enabled: running,
    refetchInterval: POLL_MS,
    queryFn: async () => {
      const answer = await unwrap(
        client.GET("/api/v1/sessions/{id}/ports", { params: { path: { id: sessionId } } }),
      );
      return answer.ports;
    },
  });
}

export function useExpose(sessionId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: NewExposure) => expose(sessionId, body),
    onSuccess: () => refresh(cache, sessionId),
  });
}

export function useUnexpose(sessionId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (port: number) => unexpose(sessionId, port),
    // After a refusal too: somebody else may have taken it back.
    onSettled: () => refresh(cache, sessionId),
  });
}

interface Change {
  before: NewExposure;
  after: NewExposure;
}

/** Takes an exposure back and makes it anew; where the new values are refused, the old ones come back. */
export function useChangeExposure(sessionId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async ({ before, after }: Change) => {
      await unexpose(sessionId, before.port);
      try {
        return await expose(sessionId, after);
      } catch (error) {
        await expose(sessionId, before).catch(() => undefined);
        throw error;
      }
    },
    onSettled: () => refresh(cache, sessionId),
  });
}

function expose(sessionId: string, body: NewExposure) {
  return unwrap(client.POST("/api/v1/sessions/{id}/expose", { params: { path: { id: sessionId } }, body }));
}

function unexpose(sessionId: string, port: number) {
  return unwrap(
    client.DELETE("/api/v1/sessions/{id}/expose/{port}", { params: { path: { id: sessionId, port } } }),
  );
}

async function refresh(cache: QueryClient, sessionId: string) {
  await Promise.all([
    cache.invalidateQueries({ queryKey: keyOf(sessionId) }),
    cache.invalidateQueries({ queryKey: listeningKeyOf(sessionId) }),
  ]);
}

export type ShareLink = components["schemas"]["ShareLink"];
export type CreatedShareLink = components["schemas"]["CreatedShareLink"];
export type NewShareLink = components["schemas"]["NewShareLink"];

const linksKeyOf = (sessionId: string, port: number) => [...keyOf(sessionId), port, "share-links"] as const;

/** Asked for once somebody wants to see them. */
export function useShareLinks(sessionId: string, port: number, enabled: boolean) {
  return useQuery({
    queryKey: linksKeyOf(sessionId, port),
    enabled,
    queryFn: async () => {
      const path = { id: sessionId, port };
      const url = "/api/v1/sessions/{id}/expose/{port}/share-links";
      return (await unwrap(client.GET(url, { params: { path } }))).share_links;
    },
  });
}

export function useCreateShareLink(sessionId: string, port: number) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: NewShareLink) => {
      const path = { id: sessionId, port };
      const url = "/api/v1/sessions/{id}/expose/{port}/share-links";
      return unwrap(client.POST(url, { params: { path }, body }));
    },
    onSuccess: () => cache.invalidateQueries({ queryKey: linksKeyOf(sessionId, port) }),
  });
}

export function useRotateShareLink(sessionId: string, port: number) {
  return useMutation({
    mutationFn: (link: string) => {
      const path = { id: sessionId, port, link };
      const url = "/api/v1/sessions/{id}/expose/{port}/share-links/{link}/rotate";
      return unwrap(client.POST(url, { params: { path } }));
    },
  });
}

export function useRevokeShareLink(sessionId: string, port: number) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (link: string) => {
      const path = { id: sessionId, port, link };
      const url = "/api/v1/sessions/{id}/expose/{port}/share-links/{link}";
      return unwrap(client.DELETE(url, { params: { path } }));
    },
    onSettled: () => cache.invalidateQueries({ queryKey: linksKeyOf(sessionId, port) }),
  });
}
