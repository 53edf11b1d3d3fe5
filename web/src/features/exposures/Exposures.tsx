import { Card } from "../../ui/Card";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { useExposures } from "./api";
import { ExposeForm } from "./ExposeForm";
import { ExposureRow } from "./ExposureRow";
import styles from "./Exposures.module.css";

interface Props {
  sessionId: string;
  /** Ports are exposed while the session runs. */
  running: boolean;
}

export function Exposures({ sessionId, running }: Props) {
  const { data, error } = useExposures(sessionId, running);
  return (
    <Card title="Exposed ports">
      {error && <ErrorNotice error={error} />}
      {data?.length === 0 && running && (
        <p className={styles.hint}>
          Nothing is reachable from outside yet. Start a server in the session, on any port and any address,
          then expose that port to get a URL for it.
        </p>
      )}
      {data && data.length > 0 && (
        <ul className={styles.list} aria-label="Exposed ports">
          {data.map((exposed) => (
            <ExposureRow key={exposed.port} sessionId={sessionId} exposed={exposed} />
          ))}
        </ul>
      )}
      {running ? (
        <ExposeForm sessionId={sessionId} />
      ) : (
        <p className={styles.hint}>Ports can be exposed while the session runs.</p>
      )}
    </Card>
  );
}
