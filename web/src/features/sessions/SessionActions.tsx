import { useState } from "react";
import { Button } from "../../ui/Button";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { type Session, useStartSession, useStopSession } from "./api";
import { DeleteSession } from "./DeleteSession";
import styles from "./SessionActions.module.css";

interface Props {
  session: Session;
  onDeleted?: () => void;
}

/** Start or stop, whichever makes sense now, and delete, which always does. */
export function SessionActions({ session, onDeleted }: Props) {
  const [deleting, setDeleting] = useState(false);
  const stop = useStopSession();
  const start = useStartSession();
  const { id, name, state } = session;
  const error = stop.error ?? start.error;

  return (
    <div className={styles.actions}>
      <div className={styles.buttons}>
        {(state === "running" || state === "starting") && (
          <Button
            aria-label={`Stop ${name}`}
            busy={stop.isPending}
            onClick={() => {
              start.reset();
              stop.mutate(id);
            }}
          >
            Stop
          </Button>
        )}
        {(state === "stopped" || state === "failed") && (
          <Button
            aria-label={`Start ${name}`}
            busy={start.isPending}
            onClick={() => {
              stop.reset();
              start.mutate(id);
            }}
          >
            Start
          </Button>
        )}
        <Button look="quiet" aria-label={`Delete ${name}`} onClick={() => setDeleting(true)}>
          Delete
        </Button>
      </div>
      {error && <ErrorNotice error={error} />}
      {deleting && (
        <DeleteSession session={session} onClose={() => setDeleting(false)} onDeleted={onDeleted} />
      )}
    </div>
  );
}
