import styles from "./ExternalLink.module.css";
import { Icon } from "./Icon";

interface Props {
  href: string;
  children: string;
}

/** A link to an app in a session: another window, which learns nothing of this one. */
export function ExternalLink({ href, children }: Props) {
  return (
    <a className={styles.link} href={href} target="_blank" rel="noopener noreferrer" title={href}>
      <span className={styles.text}>{children}</span>
      <Icon name="external" />
      <span className={styles.hidden}> (opens in a new window)</span>
    </a>
  );
}
