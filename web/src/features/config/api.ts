import { useQuery } from "@tanstack/react-query";
import { client } from "../../lib/client";
import { unwrap } from "../../lib/problem";

/** Version, limits and images; they change with an upgrade or when a sandbox comes or goes. */
export function useConfig() {
  return useQuery({
    queryKey: ["config"],
    staleTime: 30_000,
    queryFn: () => unwrap(client.GET("/api/v1/config")),
  });
}
