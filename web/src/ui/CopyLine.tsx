import type { ReactNode } from "react";
import { CopyButton } from "./CopyButton";
import styles from "./CopyLine.module.css";

interface Props {
  text: string;
  /** What is copied, for the button's name. */
  what: string;
  /** Characters at its end that stay in sight where it does not fit. */
  tail?: number;
  /** A word in front of it. */
  kind?: string;
  /** Between the text and the copy button. */
  children?: ReactNode;
}

/** A long text in one line, cut where it does not fit, with a button that copies all of it. */
export function CopyLine({ text, what, tail = 0, kind, children }: Props) {
  const cut = text.length - tail;
  return (
    <div className={styles.line}>
      {kind && <span className={styles.kind}>{kind}</span>}
      <code className={styles.text} title={text}>
        <span className={styles.start}>{text.slice(0, cut)}</span>
        <span>{text.slice(cut)}</span>
      </code>
      {children}
      <CopyButton text={text} what={what} />
    </div>
  );
}
