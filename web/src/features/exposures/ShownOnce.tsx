import { Button } from "../../ui/Button";
import { CopyLine } from "../../ui/CopyLine";
import type { CreatedShareLink } from "./api";
import styles from "./ShareLinks.module.css";

interface Props {
  link: CreatedShareLink;
  onDone: () => void;
}

/** A link's URL while it can be seen: only its hash is kept. */
export function ShownOnce({ link, onDone }: Props) {
  return (
    <div className={styles.once} role="status">
      <div className={styles.onceHead}>
        <p>
          <strong>Copy it now: it is not shown again.</strong> Whoever has it gets in.
        </p>
        <Button look="quiet" onClick={onDone}>
          Done
        </Button>
      </div>
      <CopyLine text={link.url} what="share link" />
    </div>
  );
}
