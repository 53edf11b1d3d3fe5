import { screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeApi, KEY, makeSession } from "../testing/fake_api";
import { accessibilityProblems, show } from "../testing/show";

let api: FakeApi;

beforeEach(() => {
  api = new FakeApi();
  api.me = null;
});

it("logs in with a key, as pasted, and goes on where the address says", async () => {
  api.sessions = [makeSession()];
  const { user } = show(`/sessions/${makeSession().id}`);

  await user.type(await screen.findByLabelText("API key"), ` ${KEY} `);
  await user.click(screen.getByRole("button", { name: "Log in" }));

  expect(await screen.findByRole("heading", { name: "hello" })).toBeTruthy();
  expect(api.calls).toEqual([`POST /auth/session {"api_key":"${KEY}"}`]);
});

it("shows the server's words for a wrong key and keeps the form", async () => {
  const { user } = show("/");

  await user.type(await screen.findByLabelText("API key"), "hl-wrong");
  await user.click(screen.getByRole("button", { name: "Log in" }));

  expect((await screen.findByRole("alert")).textContent).toContain("Not a valid key");
  expect(screen.getByLabelText("API key")).toBeTruthy();
});

it("offers to try again when Helix does not answer", async () => {
  api.me = { id: "usr_1", name: "ada", role: "user" };
  api.silence("GET", "/users/me");
  const { user } = show("/");

  await user.click(await screen.findByRole("button", { name: "Try again" }));

  expect(await screen.findByText("No session yet")).toBeTruthy();
});

it("has no accessibility problems", async () => {
  show("/");
  await screen.findByLabelText("API key");

  expect(await accessibilityProblems()).toEqual([]);
});

describe("an address to go on to", () => {
  const authorize = "/api/v1/gateway/authorize?to=http%3A%2F%2Fweb-ses-1.localhost%3A8080%2F&state=01";
  const loginFor = (next: string) => `/login?next=${encodeURIComponent(next)}`;
  let assign: ReturnType<typeof vi.spyOn>;

  beforeEach(() => {
    api.sessions = [makeSession()];
    assign = vi.spyOn(window.location, "assign").mockImplementation(() => undefined);
  });
  afterEach(() => assign.mockRestore());

  async function logIn(path: string) {
    const { user } = show(path);
    await user.type(await screen.findByLabelText("API key"), KEY);
    await user.click(screen.getByRole("button", { name: "Log in" }));
  }

  it("is a page of this UI", async () => {
    await logIn(loginFor(`/sessions/${makeSession().id}`));

    expect(await screen.findByRole("heading", { name: "hello" })).toBeTruthy();
    expect(assign).not.toHaveBeenCalled();
  });

  it("is the gateway, to which the browser navigates", async () => {
    await logIn(loginFor(authorize));

    await waitFor(() => expect(assign).toHaveBeenCalledWith(`http://helix.test${authorize}`));
  });

  it("says which app it is for", async () => {
    show(loginFor(authorize));

    expect(await screen.findByText("web-ses-1.localhost:8080")).toBeTruthy();
  });

  it("is followed at once by who is logged in already", async () => {
    api.me = { id: "usr_1", name: "ada", role: "user" };
    show(loginFor(authorize));

    await waitFor(() => expect(assign).toHaveBeenCalledTimes(1));
  });

  it.each(["//evil.test/", "/\\evil.test/", "javascript:alert(1)", "https://evil.test/", "/api/v1/sessions"])(
    "is never %s",
    async (next) => {
      await logIn(loginFor(next));

      expect(await screen.findByRole("heading", { name: "Sessions" })).toBeTruthy();
      expect(window.location.href).toBe("http://helix.test/");
      expect(assign).not.toHaveBeenCalled();
    },
  );
});
