import { formatAgo, formatUntil } from "../../lib/format";
import { useNow } from "../../lib/use_now";
import { Button } from "../../ui/Button";
import type { ShareLink } from "./api";
import styles from "./ShareLinks.module.css";

interface Props {
  link: ShareLink;
  rotating: boolean;
  revoking: boolean;
  onRotate: () => void;
  onRevoke: () => void;
}

export function ShareLinkRow({ link, rotating, revoking, onRotate, onRevoke }: Props) {
  const now = useNow();
  const label = link.label || "Link without a label";
  return (
    <li className={styles.row}>
      <p className={styles.what}>
        <span className={styles.label}>{label}</span>
        <span className={styles.notes}>
          made {formatAgo(link.created_at, now)}, {expiry(link.expires_at, now)}
        </span>
      </p>
      <div className={styles.actions}>
        <Button
          look="quiet"
          aria-label={`Rotate ${label}`}
          title="A new secret; the old link ends"
          busy={rotating}
          onClick={onRotate}
        >
          Rotate
        </Button>
        <Button look="quiet" aria-label={`Revoke ${label}`} busy={revoking} onClick={onRevoke}>
          Revoke
        </Button>
      </div>
    </li>
  );
}

function expiry(at: string | null | undefined, now: number): string {
  if (!at) return "does not expire";
  return Date.parse(at) <= now ? "expired" : `expires in ${formatUntil(at, now)}`;
}
