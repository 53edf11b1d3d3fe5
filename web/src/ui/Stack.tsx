import type { ReactNode } from "react";
import styles from "./Stack.module.css";

/** Blocks under each other with the page's usual distance. */
export function Stack({ children }: { children: ReactNode }) {
  return <div className={styles.stack}>{children}</div>;
}
