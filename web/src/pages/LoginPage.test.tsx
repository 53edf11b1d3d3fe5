import { screen } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";
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
