import { useEffect, useState } from "react";
import { copyText } from "../lib/copy";
import styles from "./CopyButton.module.css";
import { Icon } from "./Icon";

interface Props {
  text: string;
  /** What is copied, for the button's name: "Copy URL". */
  what: string;
}

type State = "ready" | "copied" | "refused";

const SAY: Record<State, string> = { ready: "", copied: "Copied", refused: "Not copied: select it by hand" };

/** How long the answer stands. Chosen. */
const SAY_FOR_MS = 1600;

export function CopyButton({ text, what }: Props) {
  const [state, setState] = useState<State>("ready");

  useEffect(() => {
    if (state === "ready") return;
    const timer = setTimeout(() => setState("ready"), SAY_FOR_MS);
    return () => clearTimeout(timer);
  }, [state]);

  const copy = async () => setState((await copyText(text)) ? "copied" : "refused");

  return (
    <span className={styles.wrap}>
      <button
        type="button"
        className={styles.button}
        aria-label={`Copy ${what}`}
        title={`Copy ${what}`}
        onClick={copy}
      >
        <Icon name={state === "copied" ? "check" : "copy"} />
      </button>
      <output className={styles.said}>{SAY[state]}</output>
    </span>
  );
}
