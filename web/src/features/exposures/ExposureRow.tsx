import { Button } from "../../ui/Button";
import { CopyButton } from "../../ui/CopyButton";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { ExternalLink } from "../../ui/ExternalLink";
import { type ExposedPort, useUnexpose } from "./api";
import styles from "./ExposureRow.module.css";

/** Characters at a URL's end that stay in sight where the middle is cut: enough for `/proxy/65535/`. */
const TAIL = 16;

interface Props {
  sessionId: string;
  exposed: ExposedPort;
}

export function ExposureRow({ sessionId, exposed }: Props) {
  const unexpose = useUnexpose(sessionId);
  const { port, protocol, name, url, urls, status } = exposed;
  const title = name ?? `Port ${port}`;
  const notes = [name && `port ${port}`, protocol !== "http" && protocol, status !== "active" && status];
  return (
    <li className={styles.row}>
      <div className={styles.head}>
        <p className={styles.title}>
          {/* A browser opens web pages only. */}
          {protocol === "tcp" ? <strong>{title}</strong> : <ExternalLink href={url}>{title}</ExternalLink>}
          <span className={styles.notes}>{notes.filter(Boolean).join(", ")}</span>
        </p>
        <Button
          look="quiet"
          aria-label={`Unexpose port ${port}`}
          busy={unexpose.isPending}
          onClick={() => unexpose.mutate(port)}
        >
          Unexpose
        </Button>
      </div>
      <ul className={styles.urls}>
        {urls.map((each) => (
          <li key={each} className={styles.url}>
            <code className={styles.text} title={each}>
              <span className={styles.start}>{each.slice(0, -TAIL)}</span>
              <span>{each.slice(-TAIL)}</span>
            </code>
            <CopyButton text={each} what={`URL of port ${port}`} />
          </li>
        ))}
      </ul>
      {unexpose.isError && <ErrorNotice error={unexpose.error} />}
    </li>
  );
}
