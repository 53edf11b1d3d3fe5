import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client } from "../../lib/client";
import { unwrap } from "../../lib/problem";

const keyOf = (sessionId: string) => ["sessions", sessionId, "invitations"] as const;

export function useInvitations(sessionId: string) {
  return useQuery({
    queryKey: keyOf(sessionId),
    queryFn: async () => {
      const answer = await unwrap(
        client.GET("/api/v1/sessions/{id}/invitations", { params: { path: { id: sessionId } } }),
      );
      return answer.invitations;
    },
  });
}

export function useInvite(sessionId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (user: string) =>
      unwrap(
        client.POST("/api/v1/sessions/{id}/invitations", {
          params: { path: { id: sessionId } },
          body: { user },
        }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: keyOf(sessionId) }),
  });
}

export function useUninvite(sessionId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (user: string) =>
      unwrap(
        client.DELETE("/api/v1/sessions/{id}/invitations/{user}", {
          params: { path: { id: sessionId, user } },
        }),
      ),
    onSettled: () => cache.invalidateQueries({ queryKey: keyOf(sessionId) }),
  });
}
