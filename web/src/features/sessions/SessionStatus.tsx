import { type Session, statusOf } from "./api";
import styles from "./SessionStatus.module.css";

/** What is being done or why it failed, read out when it changes. */
export function SessionStatus({ session }: { session: Session }) {
  return (
    <p className={session.state === "failed" ? styles.reason : styles.status} aria-live="polite">
      {statusOf(session)}
    </p>
  );
}
