import { Button } from "../../ui/Button";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { type ListeningPort, useExpose } from "./api";
import styles from "./Listening.module.css";
import { describeListener } from "./words";

interface Props {
  sessionId: string;
  /** What listens and is not exposed yet. */
  ports: readonly ListeningPort[];
}

export function Listening({ sessionId, ports }: Props) {
  const expose = useExpose(sessionId);
  if (ports.length === 0) return null;
  return (
    <div className={styles.box}>
      <h3 className={styles.title}>Listening, not exposed</h3>
      <ul className={styles.list} aria-label="Listening ports">
        {ports.map((each) => (
          <li key={each.port} className={styles.row}>
            <p className={styles.what}>
              <strong className={styles.port}>{each.port}</strong>
              <span className={styles.notes}>{describeListener(each)}</span>
            </p>
            <Button
              aria-label={`Expose port ${each.port}`}
              busy={expose.isPending && expose.variables.port === each.port}
              onClick={() => expose.mutate({ port: each.port })}
            >
              Expose
            </Button>
          </li>
        ))}
      </ul>
      {expose.isError && <ErrorNotice error={expose.error} />}
    </div>
  );
}
