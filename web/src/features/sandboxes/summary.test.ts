import { expect, it } from "vitest";
import { makeSandbox } from "../../testing/fake_api";
import { summarise } from "./summary";

it("adds up what is online", () => {
  const line = summarise([
    makeSandbox({ id: "a", sessions: 1, max_sessions: 4, disk: { total_bytes: 9e10, free_bytes: 4e10 } }),
    makeSandbox({ id: "b", state: "draining", sessions: 2, max_sessions: 4 }),
    makeSandbox({ id: "c", state: "offline", sessions: 1, max_sessions: 4 }),
  ]);

  expect(line).toBe("2 sandboxes online, 3 of 8 places taken, 81 GB free");
});

it("tells none enrolled from none online", () => {
  expect(summarise([])).toBe("No sandbox has enrolled yet");
  expect(summarise([makeSandbox({ state: "offline" })])).toBe("No sandbox is online");
});
