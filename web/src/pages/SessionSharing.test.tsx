import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";
import { FakeApi, ID, makeExposure, makeLink, makeSession } from "../testing/fake_api";
import { accessibilityProblems, show } from "../testing/show";

let api: FakeApi;

beforeEach(() => {
  api = new FakeApi();
  api.sessions = [makeSession()];
  api.exposures = [makeExposure()];
});

async function openLinks() {
  const { user } = show(`/sessions/${ID}`);
  await user.click(await screen.findByRole("button", { name: "Share links of port 8000" }));
  await screen.findByRole("button", { name: "Create link" });
  return user;
}

const LINKS = `/sessions/${ID}/expose/8000/share-links`;

it("makes a share link, shows it once and copies it", async () => {
  const user = await openLinks();

  await user.type(screen.getByLabelText("Label (optional)"), "review");
  await user.selectOptions(screen.getByLabelText("Expires"), "In 1 hour");
  await user.click(screen.getByRole("button", { name: "Create link" }));

  expect((await screen.findByText(/it is not shown again/)).closest("[role=status]")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Copy share link" }));
  expect(await navigator.clipboard.readText()).toBe("http://app.test/.helix/share/hs1-first");
  expect(await screen.findByText("review")).toBeTruthy();
  expect(api.calls).toEqual([`POST ${LINKS} {"label":"review","expires_in_seconds":3600}`]);

  await user.click(screen.getByRole("button", { name: "Done" }));
  expect(screen.queryByText(/it is not shown again/)).toBeNull();
});

it("makes a link that never expires only where that is asked for", async () => {
  const user = await openLinks();

  await user.click(screen.getByRole("button", { name: "Create link" }));
  await screen.findByText(/it is not shown again/);
  await user.selectOptions(screen.getByLabelText("Expires"), "Never");
  await user.click(screen.getByRole("button", { name: "Create link" }));

  await screen.findAllByText("Link without a label");
  expect(api.calls).toEqual([`POST ${LINKS} {"expires_in_seconds":86400}`, `POST ${LINKS} {}`]);
});

it("rotates and revokes a link", async () => {
  api.links = [makeLink({ label: "review" })];
  const user = await openLinks();

  await user.click(await screen.findByRole("button", { name: "Rotate review" }));
  expect(await screen.findByText(/it is not shown again/)).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Revoke review" }));

  await waitFor(() => expect(screen.queryByText("review")).toBeNull());
  expect(screen.queryByText(/it is not shown again/)).toBeNull();
  expect(api.calls).toEqual([`POST ${LINKS}/${makeLink().id}/rotate`, `DELETE ${LINKS}/${makeLink().id}`]);
});

it("shows why a link is refused", async () => {
  const user = await openLinks();
  api.refuse("POST", LINKS, 429, { title: "Too many", detail: "at most 20 share links a port" });

  await user.click(screen.getByRole("button", { name: "Create link" }));

  expect((await screen.findByRole("alert")).textContent).toContain("at most 20 share links a port");
});

it("works with the keyboard alone", async () => {
  const { user } = show(`/sessions/${ID}`);
  (await screen.findByRole("button", { name: "Share links of port 8000" })).focus();

  await user.keyboard("{Enter}");
  await screen.findByRole("button", { name: "Create link" });
  await user.keyboard("{Tab}review{Tab}{Tab}{Enter}");

  expect(await screen.findByText(/it is not shown again/)).toBeTruthy();
  expect(api.calls).toEqual([`POST ${LINKS} {"label":"review","expires_in_seconds":86400}`]);
});

it("invites, lists and removes people", async () => {
  const { user } = show(`/sessions/${ID}`);

  await user.type(await screen.findByLabelText("User's name"), " bob ");
  await user.click(screen.getByRole("button", { name: "Invite" }));
  const people = await screen.findByRole("list", { name: "Invited people" });
  expect(within(people).getByText("bob")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Remove bob" }));

  expect(await screen.findByRole("button", { name: "Invite" })).toBeTruthy();
  expect(api.calls).toEqual([
    `POST /sessions/${ID}/invitations {"user":"bob"}`,
    `DELETE /sessions/${ID}/invitations/bob`,
  ]);
});

it("tells at the field that there is no such user", async () => {
  const { user } = show(`/sessions/${ID}`);
  const errors = [{ field: "user", rule: "there is no such user" }];
  api.refuse("POST", `/sessions/${ID}/invitations`, 422, { title: "Invalid value", errors });

  await user.type(await screen.findByLabelText("User's name"), "nobody");
  await user.click(screen.getByRole("button", { name: "Invite" }));

  expect(await screen.findByText("there is no such user")).toBeTruthy();
  expect(screen.getByLabelText("User's name").getAttribute("aria-invalid")).toBe("true");
});

it("has no accessibility problems", async () => {
  api.links = [makeLink({ label: "review" })];
  api.invited = [{ user_id: "usr_2", name: "bob" }];
  const user = await openLinks();
  await user.click(await screen.findByRole("button", { name: "Rotate review" }));
  await screen.findByText(/it is not shown again/);

  expect(await accessibilityProblems()).toEqual([]);
});
