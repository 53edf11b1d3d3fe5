import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { FakeApi, ID, makeExposure, makeSession } from "../testing/fake_api";
import { accessibilityProblems, show } from "../testing/show";

let api: FakeApi;

beforeEach(() => {
  api = new FakeApi();
});

it("teaches what a session is when there is none", async () => {
  show("/");

  expect(await screen.findByText("No session yet")).toBeTruthy();
  expect(screen.getByText("helix session create --wait --name hello")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Create your first session" })).toBeTruthy();
});

it("shows each session with its state, what is being done, and its URLs", async () => {
  const url = "http://ses-1-8000.localhost:8080";
  api.sessions = [
    makeSession({ exposed_ports: [makeExposure({ name: "api", url })] }),
    makeSession({
      id: `${ID.slice(0, -1)}z`,
      name: "next",
      state: "starting",
      status_message: "starting its Docker",
    }),
  ];
  show("/");

  const [running, starting] = (await screen.findAllByRole("link", { name: /^(hello|next)$/ })).map(
    (link) => link.closest("li") as HTMLElement,
  );
  expect(within(running as HTMLElement).getByText("running")).toBeTruthy();
  expect(
    within(running as HTMLElement)
      .getByRole("link", { name: /^api/ })
      .getAttribute("href"),
  ).toBe(url);
  expect(within(starting as HTMLElement).getByText("starting its Docker")).toBeTruthy();
  expect(within(starting as HTMLElement).getByRole("button", { name: "Stop next" })).toBeTruthy();
});

it("follows a starting session until it runs", async () => {
  api.sessions = [makeSession({ state: "starting" })];
  show("/");
  await screen.findByText("starting");

  api.sessions = [makeSession({ state: "running" })];

  expect(await screen.findByText("running")).toBeTruthy();
});

it("sums up the sandboxes", async () => {
  show("/");

  const summary = await screen.findByRole("link", {
    name: "1 sandbox online, 1 of 8 places taken, 41 GB free",
  });
  expect(summary.getAttribute("href")).toBe("/sandboxes");
});

describe("creating", () => {
  it("sends only what was filled in and goes to the new session", async () => {
    const { user } = show("/");

    await user.click(await screen.findByRole("button", { name: "Create your first session" }));
    await user.type(screen.getByLabelText("Name"), "hello");
    await user.click(screen.getByRole("button", { name: "Create session" }));

    expect(await screen.findByRole("heading", { name: "hello" })).toBeTruthy();
    expect(window.location.pathname).toBe(`/sessions/${ID}`);
    expect(api.calls).toEqual(['POST /sessions {"name":"hello"}']);
  });

  it("takes another image when one is chosen", async () => {
    api.images = ["helix-headless:latest", "helix-headless:next"];
    const { user } = show("/");

    await screen.findByText(/sandbox online/);
    await user.click(await screen.findByRole("button", { name: "Create your first session" }));
    await user.selectOptions(await screen.findByLabelText("Image"), "helix-headless:next");
    await user.click(screen.getByRole("button", { name: "Create session" }));

    await waitFor(() => expect(api.calls).toEqual(['POST /sessions {"image":"helix-headless:next"}']));
  });

  it("shows a refusal in the dialog, which stays open", async () => {
    api.refuse("POST", "/sessions", 409, { title: "Name taken", detail: "you have a session named hello" });
    const { user } = show("/");

    await user.click(await screen.findByRole("button", { name: "Create your first session" }));
    await user.type(screen.getByLabelText("Name"), "hello");
    await user.click(screen.getByRole("button", { name: "Create session" }));

    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("Name taken");
    expect(alert.textContent).toContain("you have a session named hello");
    expect(screen.getByRole("dialog", { name: "New session" })).toBeTruthy();
  });
});

describe("deleting", () => {
  beforeEach(() => {
    api.sessions = [makeSession()];
  });

  it("asks first, and keeps the session on a no", async () => {
    const { user } = show("/");

    await user.click(await screen.findByRole("button", { name: "Delete hello" }));
    await user.click(screen.getByRole("button", { name: "Keep it" }));

    expect(screen.queryByRole("dialog")).toBeNull();
    expect(api.calls).toEqual([]);
  });

  it("deletes on a yes and shows the empty list", async () => {
    const { user } = show("/");

    await user.click(await screen.findByRole("button", { name: "Delete hello" }));
    await user.click(screen.getByRole("button", { name: "Delete session" }));

    expect(await screen.findByText("No session yet")).toBeTruthy();
    expect(api.calls).toEqual([`DELETE /sessions/${ID}`]);
  });
});

it("stops and starts", async () => {
  api.sessions = [makeSession()];
  const { user } = show("/");

  await user.click(await screen.findByRole("button", { name: "Stop hello" }));
  expect(await screen.findByText("stopping")).toBeTruthy();
  api.sessions = [makeSession({ state: "stopped" })];
  await user.click(await screen.findByRole("button", { name: "Start hello" }));
  expect(await screen.findByText("starting")).toBeTruthy();

  expect(api.calls).toEqual([`POST /sessions/${ID}/stop`, `POST /sessions/${ID}/start`]);
});

it("keeps the list on a failed look and says so", async () => {
  api.sessions = [makeSession({ state: "starting" })];
  show("/");
  await screen.findByText("starting");

  api.silence("GET", "/sessions");

  expect(await screen.findByText("Helix does not answer")).toBeTruthy();
  expect(screen.getByRole("link", { name: "hello" })).toBeTruthy();
});

it("goes back to the login page when the login has ended", async () => {
  api.sessions = [makeSession()];
  const { user } = show("/");
  await screen.findByText("running");

  api.refuse("POST", `/sessions/${ID}/stop`, 401, { title: "Not logged in" });
  await user.click(screen.getByRole("button", { name: "Stop hello" }));

  expect(await screen.findByLabelText("API key")).toBeTruthy();
});

it("logs out and forgets what was shown", async () => {
  api.sessions = [makeSession()];
  const { user } = show("/");

  await user.click(await screen.findByRole("button", { name: "Log out" }));

  expect(await screen.findByLabelText("API key")).toBeTruthy();
  expect(screen.queryByText("hello")).toBeNull();
  expect(api.calls).toEqual(["DELETE /auth/session"]);
});

it("has no accessibility problems, empty, full, or with a dialog", async () => {
  const { user } = show("/");
  await screen.findByText("No session yet");
  expect(await accessibilityProblems()).toEqual([]);

  await user.click(await screen.findByRole("button", { name: "Create your first session" }));
  expect(await accessibilityProblems()).toEqual([]);

  await user.click(screen.getByRole("button", { name: "Create session" }));
  await screen.findByRole("heading", { name: "hello" });
  await user.click(screen.getByRole("link", { name: "Sessions" }));
  await screen.findByRole("link", { name: "hello" });
  expect(await accessibilityProblems()).toEqual([]);
});
