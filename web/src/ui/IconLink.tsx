import styles from "./CopyButton.module.css";
import { Icon } from "./Icon";

interface Props {
  href: string;
  /** What opens, for the link's name. */
  what: string;
}

/** A link to an app in a session as a button beside its URL: another window, which learns nothing of this one. */
export function IconLink({ href, what }: Props) {
  const name = `Open ${what} in a new window`;
  return (
    <a
      className={styles.button}
      href={href}
      target="_blank"
      rel="noopener noreferrer"
      aria-label={name}
      title={name}
    >
      <Icon name="external" />
    </a>
  );
}
