import { Link } from "wouter";
import { formatAgo } from "../../lib/format";
import { useNow } from "../../lib/use_now";
import { isWebUrl } from "../../lib/web_url";
import { ExternalLink } from "../../ui/ExternalLink";
import { type Session, statusOf } from "./api";
import { SessionActions } from "./SessionActions";
import styles from "./SessionRow.module.css";
import { StateBadge } from "./StateBadge";

export function SessionRow({ session }: { session: Session }) {
  const now = useNow();
  const pages = session.exposed_ports.filter(({ url }) => isWebUrl(url));
  return (
    <li className={styles.row}>
      <div className={styles.what}>
        <p className={styles.head}>
          <Link className={styles.name} href={`/sessions/${session.id}`}>
            {session.name}
          </Link>
          <StateBadge state={session.state} />
        </p>
        <p className={session.state === "failed" ? styles.reason : styles.status} aria-live="polite">
          {statusOf(session)}
        </p>
        <p className={styles.meta}>
          {session.image}
          {session.sandbox_id && ` on ${session.sandbox_id}`}, created {formatAgo(session.created_at, now)}
        </p>
        {pages.length > 0 && (
          <ul className={styles.urls} aria-label={`URLs of ${session.name}`}>
            {pages.map((exposed) => (
              <li key={exposed.port}>
                <ExternalLink href={exposed.url}>{exposed.name ?? `port ${exposed.port}`}</ExternalLink>
              </li>
            ))}
          </ul>
        )}
      </div>
      <SessionActions session={session} />
    </li>
  );
}
