import styles from "./Command.module.css";
import { CopyButton } from "./CopyButton";

interface Props {
  /** The line exactly as it is typed and copied. */
  line: string;
  /** What the line does, in a few words. */
  says?: string;
}

export function Command({ line, says }: Props) {
  return (
    <div className={styles.command}>
      {says && <p className={styles.says}>{says}</p>}
      <div className={styles.row}>
        <code className={styles.line}>{line}</code>
        <CopyButton text={line} what={says ? `command: ${says}` : "command"} />
      </div>
    </div>
  );
}
