import type { ButtonHTMLAttributes } from "react";
import styles from "./Button.module.css";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: "primary" | "plain" | "quiet" | "danger";
  /** Something is under way: the button takes no second press, and says so to assistive technology. */
  busy?: boolean;
}

export function Button({ look = "plain", busy = false, type = "button", onClick, ...rest }: Props) {
  return (
    <button
      {...rest}
      // The caller's choice, "button" unless told.
      type={type}
      className={`${styles.button} ${styles[look]}`}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      onClick={(event) => {
        // aria-disabled instead of disabled, so that the keyboard focus stays where it is.
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
    />
  );
}
