import styles from "./Disclosure.module.css";
import { Icon } from "./Icon";

interface Props {
  label: string;
  /** The whole name, where `label` alone says too little to somebody who does not see what stands around it. */
  name?: string;
  open: boolean;
  onToggle: (open: boolean) => void;
  /** Id of what is shown and hidden; that is the caller's to render. */
  controls: string;
}

/** A button that unfolds something below it. */
export function Disclosure({ label, name, open, onToggle, controls }: Props) {
  return (
    <button
      type="button"
      className={styles.button}
      aria-label={name}
      aria-expanded={open}
      aria-controls={open ? controls : undefined}
      onClick={() => onToggle(!open)}
    >
      <span className={styles.mark}>
        <Icon name="chevron" />
      </span>
      {label}
    </button>
  );
}
