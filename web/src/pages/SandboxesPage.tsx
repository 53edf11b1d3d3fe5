import { useSandboxes } from "../features/sandboxes/api";
import { SandboxCard } from "../features/sandboxes/SandboxCard";
import { summarise } from "../features/sandboxes/summary";
import { Command } from "../ui/Command";
import { EmptyState } from "../ui/EmptyState";
import { ErrorNotice } from "../ui/ErrorNotice";
import { PageHead } from "../ui/PageHead";
import { Stack } from "../ui/Stack";
import styles from "./SandboxesPage.module.css";

export function SandboxesPage() {
  const { data: sandboxes, error } = useSandboxes();
  return (
    <>
      <PageHead title="Sandboxes" sub={sandboxes && sandboxes.length > 0 && summarise(sandboxes)} />
      <Stack>
        {error && <ErrorNotice error={error} />}
        {sandboxes?.length === 0 && (
          <EmptyState title="No sandbox yet">
            <p>
              Sessions run in sandboxes. A sandbox is a container that dials out to this server, so it needs
              no open port, and may be on any machine that can reach this address.
            </p>
            <Command says="One on the server's own machine" line="./stack start" />
            <Command
              says="One anywhere else"
              line={`docker run -d --privileged -e HELIX_API_URL=${window.location.origin} -e RUNNER_TOKEN=… helix-sandbox:latest`}
            />
          </EmptyState>
        )}
        {sandboxes && sandboxes.length > 0 && (
          <div className={styles.grid}>
            {sandboxes.map((sandbox) => (
              <SandboxCard key={sandbox.id} sandbox={sandbox} />
            ))}
          </div>
        )}
      </Stack>
    </>
  );
}
