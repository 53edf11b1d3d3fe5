import styles from "./Logo.module.css";

/** Two strands and the name. */
export function Logo() {
  return (
    <span className={styles.logo}>
      <svg
        aria-hidden="true"
        width="22"
        height="22"
        viewBox="0 0 24 24"
        fill="none"
        strokeWidth="2.4"
        strokeLinecap="round"
      >
        <path className={styles.one} d="M6 2.5c0 7 12 6 12 12.5 0 3-2 5-4 6.5" />
        <path className={styles.other} d="M18 2.5c0 7-12 6-12 12.5 0 3 2 5 4 6.5" />
      </svg>
      Helix
    </span>
  );
}
