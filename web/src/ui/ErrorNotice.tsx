import type { ReactNode } from "react";
import { toApiError } from "../lib/problem";
import styles from "./ErrorNotice.module.css";

interface Props {
  error: unknown;
  /** What the person can do now, such as a button that tries again. */
  children?: ReactNode;
}

/** A failed request in the server's own words: its title, its detail, each field's broken rule. */
export function ErrorNotice({ error, children }: Props) {
  const { title, detail, fields, requestId } = toApiError(error);
  return (
    <div className={styles.notice} role="alert">
      <p className={styles.title}>{title}</p>
      {detail && <p className={styles.detail}>{detail}</p>}
      {fields.length > 0 && (
        <ul className={styles.fields}>
          {fields.map(({ field, rule }) => (
            <li key={`${field} ${rule}`}>
              <code>{field}</code> {rule}
            </li>
          ))}
        </ul>
      )}
      {requestId && (
        <p className={styles.trace}>
          Request <code>{requestId}</code>
        </p>
      )}
      {children && <div className={styles.actions}>{children}</div>}
    </div>
  );
}
