import { screen } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";
import { FakeApi, makeSandbox } from "../testing/fake_api";
import { accessibilityProblems, show } from "../testing/show";

let api: FakeApi;

beforeEach(() => {
  api = new FakeApi();
});

it("shows state, capacity, disk and images of each", async () => {
  api.sandboxes = [
    makeSandbox({ sessions: 3 }),
    makeSandbox({ id: "attic", state: "offline", images: [], last_seen_at: null }),
  ];
  show("/sandboxes");

  expect(await screen.findByRole("region", { name: "local" })).toBeTruthy();
  expect(screen.getByText("3 of 8")).toBeTruthy();
  expect(screen.getAllByText("41 GB free of 80 GB")).toHaveLength(2);
  expect(screen.getByText("helix-headless:latest")).toBeTruthy();
  expect(screen.getByText("offline")).toBeTruthy();
  expect(screen.getByText("not yet")).toBeTruthy();
});

it("teaches how to start one when there is none", async () => {
  api.sandboxes = [];
  show("/sandboxes");

  expect(await screen.findByText("No sandbox yet")).toBeTruthy();
  expect(screen.getByText(/HELIX_API_URL=http:\/\/helix\.test .*helix-sandbox:latest/)).toBeTruthy();
});

it("has no accessibility problems", async () => {
  show("/sandboxes");
  await screen.findByRole("region", { name: "local" });

  expect(await accessibilityProblems()).toEqual([]);
});
