import styles from "./Badge.module.css";

export type Tone = "good" | "busy" | "bad" | "idle";

interface Props {
  tone: Tone;
  children: string;
}

/** One word of state with a coloured dot; the dot breathes while something is in motion. */
export function Badge({ tone, children }: Props) {
  return <span className={`${styles.badge} ${styles[tone]}`}>{children}</span>;
}
