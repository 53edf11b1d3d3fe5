import { useState } from "react";
import { useLocation } from "wouter";
import { useConfig } from "../features/config/api";
import { SandboxesSummary } from "../features/sandboxes/SandboxesSummary";
import { useSessions } from "../features/sessions/api";
import { CreateSession } from "../features/sessions/CreateSession";
import { SessionList } from "../features/sessions/SessionList";
import { Button } from "../ui/Button";
import { Command } from "../ui/Command";
import { EmptyState } from "../ui/EmptyState";
import { ErrorNotice } from "../ui/ErrorNotice";
import { Icon } from "../ui/Icon";
import { PageHead } from "../ui/PageHead";
import { Stack } from "../ui/Stack";

export function SessionsPage() {
  const [creating, setCreating] = useState(false);
  const [, navigate] = useLocation();
  const { data: sessions, error } = useSessions();
  const { data: config } = useConfig();
  const hasSessions = sessions !== undefined && sessions.length > 0;

  return (
    <>
      <PageHead
        title="Sessions"
        sub={<SandboxesSummary />}
        actions={
          hasSessions && (
            <Button look="primary" onClick={() => setCreating(true)}>
              <Icon name="plus" /> New session
            </Button>
          )
        }
      />
      <Stack>
        {error && <ErrorNotice error={error} />}
        {sessions?.length === 0 && (
          <EmptyState title="No session yet">
            <p>
              A session is a machine of your own: a container with its own Docker engine, a workspace that
              survives a stop, and a URL for each port that you expose.
            </p>
            <Button look="primary" onClick={() => setCreating(true)}>
              Create your first session
            </Button>
            <Command says="Or from a terminal" line="helix session create --wait --name hello" />
          </EmptyState>
        )}
        {hasSessions && <SessionList sessions={sessions} />}
      </Stack>
      {creating && (
        <CreateSession
          images={config?.images ?? []}
          defaultImage={config?.default_image ?? ""}
          onClose={() => setCreating(false)}
          onCreated={(session) => navigate(`/sessions/${session.id}`)}
        />
      )}
    </>
  );
}
