import { useQuery } from "@tanstack/react-query";
import { client } from "../../lib/client";
import { unwrap } from "../../lib/problem";
import type { components } from "../../lib/schema";

export type Sandbox = components["schemas"]["Sandbox"];

const POLL_MS = 5_000;

export function useSandboxes() {
  return useQuery({
    queryKey: ["sandboxes"],
    refetchInterval: POLL_MS,
    queryFn: async () => (await unwrap(client.GET("/api/v1/sandboxes"))).sandboxes,
  });
}
