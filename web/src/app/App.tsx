import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";
import { Gate } from "./Gate";
import { makeQueryClient } from "./query_client";

export function App({ makeClient = makeQueryClient }: { makeClient?: () => QueryClient }) {
  const [client] = useState(makeClient);
  return (
    <QueryClientProvider client={client}>
      <Gate />
    </QueryClientProvider>
  );
}
