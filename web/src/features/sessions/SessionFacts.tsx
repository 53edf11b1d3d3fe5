import type { ReactNode } from "react";
import { count, formatAgo } from "../../lib/format";
import { useNow } from "../../lib/use_now";
import { Card } from "../../ui/Card";
import { CopyButton } from "../../ui/CopyButton";
import { Facts } from "../../ui/Facts";
import type { Session } from "./api";
import styles from "./SessionFacts.module.css";

export function SessionFacts({ session }: { session: Session }) {
  const now = useNow();
  const rows: [string, ReactNode][] = [["Image", session.image]];
  if (session.sandbox_id) rows.push(["Sandbox", session.sandbox_id]);
  if (session.docker_version) rows.push(["Its own Docker", session.docker_version]);
  rows.push(["CPU", session.vcpus > 0 ? count(session.vcpus, "core", "cores") : "no limit"]);
  rows.push(["Memory", session.memory_mb > 0 ? `${session.memory_mb} MiB` : "no limit"]);
  rows.push(["Created", formatAgo(session.created_at, now)]);
  if (session.started_at) rows.push(["Started", formatAgo(session.started_at, now)]);
  return (
    <Card title="Details">
      <Facts rows={rows} />
      <div className={styles.id}>
        <code className={styles.text}>{session.id}</code>
        <CopyButton text={session.id} what="session id" />
      </div>
    </Card>
  );
}
