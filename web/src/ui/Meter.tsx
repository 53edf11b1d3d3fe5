import styles from "./Meter.module.css";

interface Props {
  label: string;
  /** What the bar shows, in words, such as "3 of 8". */
  text: string;
  used: number;
  total: number;
}

/** A labelled bar; it warns from nine tenths on. The words say it all, so that the bar itself is never read out. */
export function Meter({ label, text, used, total }: Props) {
  const share = total > 0 ? Math.min(Math.max(used / total, 0), 1) : 0;
  return (
    <div className={styles.meter}>
      <span className={styles.label}>{label}</span>
      <span className={styles.text}>{text}</span>
      <div className={styles.bar} aria-hidden="true">
        <div
          className={share >= 0.9 ? styles.nearlyFull : styles.fill}
          style={{ width: `${share * 100}%` }}
        />
      </div>
    </div>
  );
}
