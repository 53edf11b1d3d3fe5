import type { Session } from "./api";
import styles from "./SessionList.module.css";
import { SessionRow } from "./SessionRow";

export function SessionList({ sessions }: { sessions: readonly Session[] }) {
  const newestFirst = [...sessions].sort((a, b) => b.created_at.localeCompare(a.created_at));
  return (
    <ul className={styles.list} aria-label="Sessions">
      {newestFirst.map((session) => (
        <SessionRow key={session.id} session={session} />
      ))}
    </ul>
  );
}
