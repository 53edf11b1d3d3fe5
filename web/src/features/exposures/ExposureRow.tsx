import { useState } from "react";
import { isWebUrl } from "../../lib/web_url";
import { Badge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { CopyLine } from "../../ui/CopyLine";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { ExternalLink } from "../../ui/ExternalLink";
import { IconLink } from "../../ui/IconLink";
import { type ExposedPort, type ListeningPort, useUnexpose } from "./api";
import { ChangeExposure } from "./ChangeExposure";
import styles from "./ExposureRow.module.css";
import { ShareLinks } from "./ShareLinks";
import { describeListener, kindOf, PROTOCOL, VISIBILITY } from "./words";

/** Characters at the end that tell a URL from others of its kind: `/proxy/65535/`, `:30001/`. */
const TAIL = { host: 0, port: 8, path: 16, tcp: 6 } as const;

interface Props {
  sessionId: string;
  exposed: ExposedPort;
  /** What listens there: null when nothing does, undefined when it is not known. */
  listener: ListeningPort | null | undefined;
  running: boolean;
}

export function ExposureRow({ sessionId, exposed, listener, running }: Props) {
  const unexpose = useUnexpose(sessionId);
  const [changing, setChanging] = useState(false);
  const { port, protocol, name, url, urls, status } = exposed;
  const title = name ?? `Port ${port}`;
  const visibility = VISIBILITY[exposed.visibility ?? "private"];
  return (
    <li className={styles.row}>
      <div className={styles.head}>
        <div className={styles.title}>
          {/* A browser opens web pages only. */}
          {isWebUrl(url) ? (
            <ExternalLink href={url}>{title}</ExternalLink>
          ) : (
            <strong className={styles.name}>{title}</strong>
          )}
          <Badge tone={visibility.tone}>{visibility.word}</Badge>
        </div>
        <div className={styles.actions}>
          {running && (
            <Button look="quiet" aria-label={`Change port ${port}`} onClick={() => setChanging(true)}>
              Change
            </Button>
          )}
          <Button
            look="quiet"
            aria-label={`Unexpose port ${port}`}
            busy={unexpose.isPending}
            onClick={() => unexpose.mutate(port)}
          >
            Unexpose
          </Button>
        </div>
      </div>
      <p className={styles.notes}>{notesOf(exposed, listener).join(" · ")}</p>
      {status !== "active" && status !== "inactive" && <p className={styles.trouble}>{status}</p>}
      <ul className={styles.urls}>
        {urls.map((each) => {
          const kind = kindOf(each);
          const what = `${kind} URL of port ${port}`;
          return (
            <li key={each}>
              <CopyLine text={each} kind={kind} what={what} tail={TAIL[kind]}>
                {isWebUrl(each) && <IconLink href={each} what={`the ${what}`} />}
              </CopyLine>
            </li>
          );
        })}
      </ul>
      {protocol !== "tcp" && <ShareLinks sessionId={sessionId} port={port} />}
      {unexpose.isError && <ErrorNotice error={unexpose.error} />}
      {changing && (
        <ChangeExposure sessionId={sessionId} exposed={exposed} onClose={() => setChanging(false)} />
      )}
    </li>
  );
}

function notesOf(exposed: ExposedPort, listener: ListeningPort | null | undefined): string[] {
  const { port, protocol, name, status, host_header: header, allow_cidrs: networks = [] } = exposed;
  return [
    name ? `port ${port}` : "",
    listener ? describeListener(listener) : "",
    listener === null ? "nothing listens on it yet" : "",
    status === "inactive" ? "the session does not run" : "",
    protocol === "http" ? "" : PROTOCOL[protocol],
    header && header !== "original" ? `Host is ${header}` : "",
    networks.length > 0 ? `only from ${networks.join(", ")}` : "",
  ].filter(Boolean);
}
