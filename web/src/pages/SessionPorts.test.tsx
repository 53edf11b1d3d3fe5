import { screen, within } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";
import { FakeApi, ID, makeExposure, makeSession } from "../testing/fake_api";
import { accessibilityProblems, show } from "../testing/show";

let api: FakeApi;

beforeEach(() => {
  api = new FakeApi();
  api.sessions = [makeSession()];
});

const node = { port: 3000, address: "127.0.0.1", process: "node", exposed: false, urls: [] };

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

  expect(await screen.findByText("Must not start with ses-")).toBeTruthy();
  expect(screen.getByLabelText("Name (optional)").getAttribute("aria-invalid")).toBe("true");
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

  await user.click(await screen.findByRole("button", { name: "Copy path URL of port 8000" }));

  expect(await navigator.clipboard.readText()).toBe(makeExposure().url);
});

it("offers no form while the session does not run", async () => {
  api.sessions = [makeSession({ state: "stopped" })];
  show(`/sessions/${ID}`);

  expect(await screen.findByText("Ports can be exposed while the session runs.")).toBeTruthy();
  expect(screen.queryByLabelText("Port")).toBeNull();
});

it("offers what listens and exposes it with one press", async () => {
  api.listening = [node];
  const { user } = show(`/sessions/${ID}`);

  const list = await screen.findByRole("list", { name: "Listening ports" });
  expect(list.textContent).toContain("3000node on 127.0.0.1");
  await user.click(screen.getByRole("button", { name: "Expose port 3000" }));

  expect(await screen.findByText("node on 127.0.0.1")).toBeTruthy();
  expect(await screen.findByRole("button", { name: "Unexpose port 3000" })).toBeTruthy();
  expect(screen.queryByRole("list", { name: "Listening ports" })).toBeNull();
  expect(api.calls).toEqual([`POST /sessions/${ID}/expose {"port":3000}`]);
});

it("needs no word about what listens", async () => {
  api.listening = null;
  show(`/sessions/${ID}`);

  expect(await screen.findByText(/Nothing is reachable from outside yet/)).toBeTruthy();
  expect(screen.queryByRole("alert")).toBeNull();
});

it("shows who may come, by which ways, and what listens", async () => {
  const urls = ["http://web-ses-1.localhost:8080/", "http://helix.test:30000/", makeExposure().url];
  api.exposures = [
    makeExposure({ name: "web", url: urls[0] ?? "", urls, visibility: "public", host_header: "localhost" }),
    makeExposure({
      port: 5432,
      protocol: "tcp",
      url: "tcp://helix.test:30001",
      urls: ["tcp://helix.test:30001"],
    }),
  ];
  api.listening = [{ ...node, port: 8000, address: "0.0.0.0", process: "container web" }];
  show(`/sessions/${ID}`);

  expect((await screen.findByRole("link", { name: /^web/ })).getAttribute("href")).toBe(urls[0]);
  const [web, database] = within(screen.getByRole("list", { name: "Exposed ports" }))
    .getAllByRole("button", { name: /^Unexpose/ })
    .map((button) => button.closest("li")?.textContent);
  expect(web).toContain("Public");
  expect(web).toContain("port 8000 · container web on every address · Host is localhost");
  expect(web).toMatch(/host.*port.*path/);
  expect(database).toContain("Private");
  expect(database).toContain("nothing listens on it yet · TCP, any protocol");
  expect(screen.queryByRole("link", { name: /5432/ })).toBeNull();
});

it("exposes with every option", async () => {
  const { user } = show(`/sessions/${ID}`);

  await user.type(await screen.findByLabelText("Port"), "50051");
  await user.click(screen.getByRole("button", { name: "Options" }));
  await user.selectOptions(screen.getByLabelText("Who may come"), "authenticated");
  await user.selectOptions(screen.getByLabelText("Protocol"), "h2c");
  await user.selectOptions(screen.getByLabelText("Host header"), "name");
  await user.type(screen.getByLabelText("Host header's name"), "app.test");
  await user.type(screen.getByLabelText("Allowed networks"), "10.0.0.0/8, ::1");
  await user.click(screen.getByRole("button", { name: "Expose port" }));

  await screen.findByRole("button", { name: "Unexpose port 50051" });
  const body = { port: 50051, visibility: "authenticated", protocol: "h2c", host_header: "app.test" };
  const wanted = JSON.stringify({ ...body, allow_cidrs: ["10.0.0.0/8", "::1"] });
  expect(api.calls).toEqual([`POST /sessions/${ID}/expose ${wanted}`]);
});

it("tells a broken rule at the option that it is about", async () => {
  const errors = [{ field: "allow_cidrs[0]", rule: "must be a network" }];
  api.refuse("POST", `/sessions/${ID}/expose`, 422, { title: "Invalid value", errors });
  const { user } = show(`/sessions/${ID}`);

  await user.type(await screen.findByLabelText("Port"), "8000");
  await user.click(screen.getByRole("button", { name: "Options" }));
  await user.type(screen.getByLabelText("Allowed networks"), "x");
  await user.click(screen.getByRole("button", { name: "Expose port" }));

  expect(await screen.findByText("Must be a network")).toBeTruthy();
  expect(screen.getByLabelText("Allowed networks").getAttribute("aria-invalid")).toBe("true");
  expect(screen.queryByRole("alert")).toBeNull();
});

it("changes an exposure after saying what that ends", async () => {
  api.exposures = [makeExposure({ name: "web" })];
  const { user } = show(`/sessions/${ID}`);

  await user.click(await screen.findByRole("button", { name: "Change port 8000" }));
  const dialog = within(screen.getByRole("dialog"));
  expect(dialog.getByText(/share links end/)).toBeTruthy();
  await user.selectOptions(dialog.getByLabelText("Who may come"), "public");
  await user.click(dialog.getByRole("button", { name: "Take back and expose anew" }));

  expect(await screen.findByText("Public")).toBeTruthy();
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(api.calls).toEqual([
    `DELETE /sessions/${ID}/expose/8000`,
    `POST /sessions/${ID}/expose {"port":8000,"name":"web","visibility":"public"}`,
  ]);
});

it("puts the old exposure back where the new one is refused", async () => {
  api.exposures = [makeExposure({ name: "web" })];
  const errors = [{ field: "name", rule: "is taken" }];
  api.refuse("POST", `/sessions/${ID}/expose`, 422, { title: "Invalid value", errors });
  const { user } = show(`/sessions/${ID}`);

  await user.click(await screen.findByRole("button", { name: "Change port 8000" }));
  await user.click(screen.getByRole("button", { name: "Take back and expose anew" }));

  expect(await screen.findByText("Is taken")).toBeTruthy();
  expect(api.exposures).toHaveLength(1);
  expect(api.calls).toHaveLength(3);
});

it("has no accessibility problems with all of it unfolded", async () => {
  api.exposures = [makeExposure(), makeExposure({ port: 9000, name: "api" })];
  api.listening = [node];
  const { user } = show(`/sessions/${ID}`);
  await user.click(await screen.findByRole("button", { name: "Options" }));
  await user.click(screen.getByRole("button", { name: "Share links of port 8000" }));
  await screen.findByRole("button", { name: "Create link" });

  expect(await accessibilityProblems()).toEqual([]);
});
