import type { ReactNode } from "react";
import styles from "./EmptyState.module.css";

interface Props {
  title: string;
  children: ReactNode;
}

/** What a person sees where there is nothing yet: what belongs here, and how to get the first one. */
export function EmptyState({ title, children }: Props) {
  return (
    <div className={styles.empty}>
      <h2 className={styles.title}>{title}</h2>
      {children}
    </div>
  );
}
