import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ME } from "../features/auth/api";
import { ApiError } from "../lib/problem";

/** Only silence and a server's trouble may pass by themselves; a refusal is final. */
function mayPass(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status === 0 || error.status >= 500;
}

export function makeQueryClient(): QueryClient {
  // A login that ended shows the login page, wherever it was noticed.
  const onError = (error: unknown) => {
    if (error instanceof ApiError && error.status === 401) client.setQueryData(ME, null);
  };
  const client = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: { retry: (failures, error) => failures < 2 && mayPass(error) },
    },
  });
  return client;
}
