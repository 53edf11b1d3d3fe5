import type { ReactNode } from "react";
import { useTitle } from "../lib/use_title";
import styles from "./PageHead.module.css";

interface Props {
  title: string;
  /** Beside the title, such as a state. */
  mark?: ReactNode;
  /** Under the title, one line. */
  sub?: ReactNode;
  /** At the right end. */
  actions?: ReactNode;
}

/** A page's heading; its title is the window's too. */
export function PageHead({ title, mark, sub, actions }: Props) {
  useTitle(title);
  return (
    <header className={styles.head}>
      <div className={styles.words}>
        <div className={styles.line}>
          <h1>{title}</h1>
          {mark}
        </div>
        {sub && <div className={styles.sub}>{sub}</div>}
      </div>
      {actions}
    </header>
  );
}
