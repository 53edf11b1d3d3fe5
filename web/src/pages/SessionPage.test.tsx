import { screen, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
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

describe("exposed ports", () => {
  it("exposes a port and shows its URL", async () => {
    const { user } = show(`/sessions/${ID}`);

    expect(await screen.findByText(/Nothing is reachable from outside yet/)).toBeTruthy();
    await user.type(screen.getByLabelText("Port"), "8000");
    await user.click(screen.getByRole("button", { name: "Expose port" }));

    const link = await screen.findByRole("link", { name: /^Port 8000/ });
    expect(link.getAttribute("href")).toBe(makeExposure().url);
    expect(api.calls).toEqual([`POST /sessions/${ID}/expose {"port":8000}`]);
    expect((screen.getByLabelText("Port") as HTMLInputElement).value).toBe("");
  });

  it("shows which field broke which rule and keeps what was typed", async () => {
    const errors = [{ field: "name", rule: "must not start with ses-" }];
    api.refuse("POST", `/sessions/${ID}/expose`, 422, { title: "Invalid value", errors });
    const { user } = show(`/sessions/${ID}`);

    await user.type(await screen.findByLabelText("Port"), "8000");
    await user.type(screen.getByLabelText("Name (optional)"), "ses-x");
    await user.click(screen.getByRole("button", { name: "Expose port" }));

    expect((await screen.findByRole("alert")).textContent).toContain("name must not start with ses-");
    expect((screen.getByLabelText("Port") as HTMLInputElement).value).toBe("8000");
    expect(api.calls).toEqual([`POST /sessions/${ID}/expose {"port":8000,"name":"ses-x"}`]);
  });

  it("takes an exposure back", async () => {
    api.exposures = [makeExposure()];
    const { user } = show(`/sessions/${ID}`);

    await user.click(await screen.findByRole("button", { name: "Unexpose port 8000" }));

    expect(await screen.findByText(/Nothing is reachable from outside yet/)).toBeTruthy();
    expect(api.calls).toEqual([`DELETE /sessions/${ID}/expose/8000`]);
  });

  it("copies the URL", async () => {
    api.exposures = [makeExposure()];
    const { user } = show(`/sessions/${ID}`);

    await user.click(await screen.findByRole("button", { name: "Copy URL of port 8000" }));

    expect(await navigator.clipboard.readText()).toBe(makeExposure().url);
  });

  it("offers no form while the session does not run", async () => {
    api.sessions = [makeSession({ state: "stopped" })];
    show(`/sessions/${ID}`);

    expect(await screen.findByText("Ports can be exposed while the session runs.")).toBeTruthy();
    expect(screen.queryByLabelText("Port")).toBeNull();
  });
});

it("has no accessibility problems", async () => {
  api.exposures = [makeExposure(), makeExposure({ port: 9000, name: "api" })];
  show(`/sessions/${ID}`);
  await screen.findByRole("button", { name: "Unexpose port 8000" });

  expect(await accessibilityProblems()).toEqual([]);
});
