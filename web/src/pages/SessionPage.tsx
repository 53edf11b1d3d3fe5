import { Link, useLocation } from "wouter";
import { Exposures } from "../features/exposures/Exposures";
import { Invitations } from "../features/invitations/Invitations";
import { useSession } from "../features/sessions/api";
import { NextSteps } from "../features/sessions/NextSteps";
import { SessionActions } from "../features/sessions/SessionActions";
import { SessionFacts } from "../features/sessions/SessionFacts";
import { SessionStatus } from "../features/sessions/SessionStatus";
import { StateBadge } from "../features/sessions/StateBadge";
import { toApiError } from "../lib/problem";
import { EmptyState } from "../ui/EmptyState";
import { ErrorNotice } from "../ui/ErrorNotice";
import { PageHead } from "../ui/PageHead";
import { Stack } from "../ui/Stack";
import styles from "./SessionPage.module.css";

export function SessionPage({ id }: { id: string }) {
  const [, navigate] = useLocation();
  const { data: session, error } = useSession(id);

  if (error && toApiError(error).status === 404) {
    return (
      <>
        <PageHead title="No such session" />
        <EmptyState title="It is not there, or not yours">
          <p>
            A deleted session leaves nothing behind. Yours are <Link href="/">in the list</Link>.
          </p>
        </EmptyState>
      </>
    );
  }
  if (!session) return error ? <ErrorNotice error={error} /> : null;

  return (
    <>
      <PageHead
        title={session.name}
        mark={<StateBadge state={session.state} />}
        sub={<SessionStatus session={session} />}
        actions={<SessionActions session={session} onDeleted={() => navigate("/")} />}
      />
      <Stack>
        {error && <ErrorNotice error={error} />}
        <div className={styles.columns}>
          <Stack>
            <Exposures sessionId={session.id} running={session.state === "running"} />
            <Invitations sessionId={session.id} />
            <SessionFacts session={session} />
          </Stack>
          <NextSteps session={session} />
        </div>
      </Stack>
    </>
  );
}
