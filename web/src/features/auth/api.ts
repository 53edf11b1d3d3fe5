import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client } from "../../lib/client";
import { ApiError, unwrap } from "../../lib/problem";
import type { components } from "../../lib/schema";

export type Me = components["schemas"]["Me"];

export const ME = ["me"] as const;

/** Who is logged in; null when nobody is. */
export function useMe() {
  return useQuery({
    queryKey: ME,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async (): Promise<Me | null> => {
      try {
        return await unwrap(client.GET("/api/v1/users/me"));
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }
    },
  });
}

export function useLogIn() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (apiKey: string) =>
      unwrap(client.POST("/api/v1/auth/session", { body: { api_key: apiKey } })),
    onSuccess: (me) => cache.setQueryData(ME, me),
  });
}

export function useLogOut() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(client.DELETE("/api/v1/auth/session")),
    onSuccess: () => {
      cache.setQueryData(ME, null);
      // Nothing that this person saw stays for the next one.
      cache.removeQueries({ predicate: (query) => query.queryKey[0] !== ME[0] });
    },
  });
}
