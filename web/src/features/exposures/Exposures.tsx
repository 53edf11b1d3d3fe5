import { Card } from "../../ui/Card";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { useExposures, useListening } from "./api";
import { ExposeForm } from "./ExposeForm";
import { ExposureRow } from "./ExposureRow";
import styles from "./Exposures.module.css";
import { Listening } from "./Listening";

interface Props {
  sessionId: string;
  /** Ports are exposed while the session runs. */
  running: boolean;
}

export function Exposures({ sessionId, running }: Props) {
  const { data, error } = useExposures(sessionId, running);
  // What listens is an offer: where it cannot be asked for, the form does as well.
  const { data: listening } = useListening(sessionId, running);
  const known = running ? listening : undefined;
  const listenerOf = (port: number) => known && (known.find((each) => each.port === port) ?? null);
  const hidden = data && known?.filter(({ port }) => !data.some((exposed) => exposed.port === port));
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
            <ExposureRow
              key={exposed.port}
              sessionId={sessionId}
              exposed={exposed}
              listener={listenerOf(exposed.port)}
              running={running}
            />
          ))}
        </ul>
      )}
      {hidden && <Listening sessionId={sessionId} ports={hidden} />}
      {running ? (
        <ExposeForm sessionId={sessionId} />
      ) : (
        <p className={styles.hint}>Ports can be exposed while the session runs.</p>
      )}
    </Card>
  );
}
