import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { FakeApi } from "../testing/fake_api";
import { accessibilityProblems, show } from "../testing/show";

it("leads back from an address that has no page", async () => {
  new FakeApi();
  const { user } = show("/nowhere");
  await screen.findByText("This address has no page");
  expect(await accessibilityProblems()).toEqual([]);

  await user.click(screen.getByRole("link", { name: "your sessions" }));

  expect(await screen.findByText("No session yet")).toBeTruthy();
});
