import { screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";
import { FakeApi, ID, makeExposure, makeSession } from "../testing/fake_api";
import { accessibilityProblems, show } from "../testing/show";

let api: FakeApi;

beforeEach(() => {
  api = new FakeApi();
  api.sessions = [makeSession({ vcpus: 2, memory_mb: 4096 })];
});

it("shows what the session is and what to type next", async () => {
  show(`/sessions/${ID}`);

  expect(await screen.findByRole("heading", { name: "hello" })).toBeTruthy();
  expect(screen.getByText("2 cores")).toBeTruthy();
  expect(screen.getByText("4096 MiB")).toBeTruthy();
  expect(screen.getByText("helix exec -t hello -- bash")).toBeTruthy();
  await waitFor(() => expect(document.title).toBe("hello · Helix"));
});

it("says why a session failed and offers to start or delete it", async () => {
  api.sessions = [makeSession({ state: "failed", status_message: "no sandbox has the image helix-odd:1" })];
  show(`/sessions/${ID}`);

  expect(await screen.findByText("no sandbox has the image helix-odd:1")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Start hello" })).toBeTruthy();
  expect(screen.getByRole("button", { name: "Delete hello" })).toBeTruthy();
});

it("copies a command", async () => {
  const { user } = show(`/sessions/${ID}`);

  await user.click(await screen.findByRole("button", { name: "Copy command: Open a shell in it" }));

  expect(await screen.findByText("Copied")).toBeTruthy();
  expect(await navigator.clipboard.readText()).toBe("helix exec -t hello -- bash");
});

it("goes back to the list after a delete", async () => {
  const { user } = show(`/sessions/${ID}`);

  await user.click(await screen.findByRole("button", { name: "Delete hello" }));
  await user.click(screen.getByRole("button", { name: "Delete session" }));

  expect(await screen.findByText("No session yet")).toBeTruthy();
  expect(window.location.pathname).toBe("/");
});

it("says that a session is not there without saying more", async () => {
  api.sessions = [];
  show(`/sessions/${ID}`);

  expect(await screen.findByText("It is not there, or not yours")).toBeTruthy();
});

it("has no accessibility problems", async () => {
  api.exposures = [makeExposure(), makeExposure({ port: 9000, name: "api" })];
  show(`/sessions/${ID}`);
  await screen.findByRole("button", { name: "Unexpose port 8000" });

  expect(await accessibilityProblems()).toEqual([]);
});
