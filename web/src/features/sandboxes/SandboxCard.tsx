import { formatAgo, formatBytes } from "../../lib/format";
import { useNow } from "../../lib/use_now";
import { Badge, type Tone } from "../../ui/Badge";
import { Card } from "../../ui/Card";
import { Facts } from "../../ui/Facts";
import { Meter } from "../../ui/Meter";
import type { Sandbox } from "./api";
import styles from "./SandboxCard.module.css";

const TONES: Record<Sandbox["state"], Tone> = { online: "good", draining: "busy", offline: "idle" };

export function SandboxCard({ sandbox }: { sandbox: Sandbox }) {
  const now = useNow();
  const { disk } = sandbox;
  const rows = [
    ["Agent", sandbox.version],
    ["Docker", sandbox.docker_version || "not answering"],
    ["Docker level", String(sandbox.depth)],
    ["Last seen", sandbox.last_seen_at ? formatAgo(sandbox.last_seen_at, now) : "not yet"],
  ] as const;
  return (
    <Card title={sandbox.id} aside={<Badge tone={TONES[sandbox.state]}>{sandbox.state}</Badge>}>
      <Meter
        label="Sessions"
        text={`${sandbox.sessions} of ${sandbox.max_sessions}`}
        used={sandbox.sessions}
        total={sandbox.max_sessions}
      />
      <Meter
        label="Disk"
        text={`${formatBytes(disk.free_bytes)} free of ${formatBytes(disk.total_bytes)}`}
        used={disk.total_bytes - disk.free_bytes}
        total={disk.total_bytes}
      />
      <Facts rows={rows} />
      <div>
        <h3 className={styles.label}>Images</h3>
        {sandbox.images.length === 0 ? (
          <p className={styles.none}>None yet</p>
        ) : (
          <ul className={styles.images}>
            {sandbox.images.map((image) => (
              <li key={image}>
                <code>{image}</code>
              </li>
            ))}
          </ul>
        )}
      </div>
    </Card>
  );
}
