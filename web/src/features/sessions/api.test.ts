import { expect, it } from "vitest";
import { makeSession } from "../../testing/fake_api";
import { pollEvery } from "./api";

it("asks every second while something is in motion, else every five", () => {
  const resting = makeSession({ state: "running" });

  expect(pollEvery([])).toBe(5_000);
  expect(pollEvery([resting, makeSession({ state: "failed" })])).toBe(5_000);
  expect(pollEvery([resting, makeSession({ state: "starting" })])).toBe(1_000);
  expect(pollEvery([makeSession({ state: "stopping" })])).toBe(1_000);
});
