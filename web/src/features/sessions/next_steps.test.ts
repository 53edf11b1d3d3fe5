import { expect, it } from "vitest";
import { nextSteps } from "./next_steps";

it.each(["starting", "running", "stopping", "stopped", "failed"] as const)(
  "every command of a %s session is helix, names the session and says what it does",
  (state) => {
    const steps = nextSteps({ name: "hello", state });

    expect(steps.length).toBeGreaterThan(0);
    for (const { line, says } of steps) {
      expect(line).toMatch(/^helix .*\bhello\b/);
      expect(says).not.toBe("");
    }
  },
);
