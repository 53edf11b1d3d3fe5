import { Card } from "../../ui/Card";
import { Command } from "../../ui/Command";
import type { Session } from "./api";
import styles from "./NextSteps.module.css";
import { nextSteps } from "./next_steps";

export function NextSteps({ session }: { session: Session }) {
  return (
    <Card title="What to type next">
      <ul className={styles.steps}>
        {nextSteps(session).map((step) => (
          <li key={step.line}>
            <Command says={step.says} line={step.line} />
          </li>
        ))}
      </ul>
      <p className={styles.login}>
        On another machine, first <code>helix login {window.location.origin}</code>.
      </p>
    </Card>
  );
}
