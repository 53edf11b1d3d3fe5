// A person's way through the UI against a running Helix: log in, create a session, see it run, expose a port of it, open the
// URL, stop and start it, delete it, log out. Needs HELIX_URL and HELIX_API_KEY; HELIX_E2E_SHOTS names a folder for screenshots.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launch, watch } from "./browser.mjs";

const url = process.env.HELIX_URL;
const key = process.env.HELIX_API_KEY;
const shots = process.env.HELIX_E2E_SHOTS;
if (!url || !key) {
  console.error("HELIX_URL and HELIX_API_KEY have to be set");
  process.exit(2);
}

/** Longest way from a create to `running`, and back. Chosen: a first start on a slow machine. */
const MOVES_WITHIN_MS = 180_000;
const PORT = 8123;
const WORDS = `served at ${new Date().toISOString()}`;
const name = `web-${Date.now().toString(36)}`;

const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1200, height: 800 } });
const page = await context.newPage();
page.setDefaultTimeout(20_000);
const problems = [];
// Who is not logged in yet is told so with a 401.
watch(page, problems, (message) => /status of 401/.test(message.text()));

async function step(what, run) {
  const begun = Date.now();
  await run();
  console.log(`${what} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
  if (shots) {
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: join(shots, `${what.replaceAll(" ", "-")}.png`), fullPage: true });
  }
}

const state = (word) => page.getByRole("main").getByText(word, { exact: true }).first();
const button = (label) => page.getByRole("button", { name: label, exact: true });

/** Starts a web server in the session, bound to 127.0.0.1 only, over the exec WebSocket with the browser's login. */
function serve(session, port, words) {
  return page.evaluate(
    ([id, shell]) =>
      new Promise((done, failed) => {
        const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/api/v1/sessions/${id}/exec`);
        const start = { type: "start", argv: ["sh", "-c", shell], tty: false, detach: true };
        socket.onopen = () => socket.send(JSON.stringify(start));
        socket.onerror = () => failed(new Error("the exec WebSocket did not open"));
        socket.onmessage = ({ data }) => {
          if (typeof data !== "string") return;
          const message = JSON.parse(data);
          if (message.type === "started") done();
          else failed(new Error(`exec answered ${data}`));
        };
      }),
    [
      session,
      `mkdir -p /tmp/www && echo '<!doctype html><h1>${words}</h1>' >/tmp/www/index.html &&
       exec busybox httpd -f -p 127.0.0.1:${port} -h /tmp/www`,
    ],
  );
}

/** The exposure's own link; each of its URLs has one too. */
const appLink = () => page.getByRole("link", { name: new RegExp(`^Port ${PORT}`) });

/** Opens the exposure's link as a person does and returns what the page says, once the server in there is up. */
async function openExposed() {
  const opening = context.waitForEvent("page");
  await appLink().click();
  const app = await opening;
  try {
    await app.getByRole("heading", { name: WORDS }).waitFor({ timeout: 30_000 });
  } finally {
    await app.close();
  }
}

let session = "";
try {
  await step("log in", async () => {
    await page.goto(url);
    await page.getByLabel("API key").fill(key);
    await button("Log in").click();
    await page.getByRole("heading", { name: "Sessions", exact: true }).waitFor();
  });
  await step("create", async () => {
    await page
      .getByRole("button", { name: /^(New session|Create your first session)$/ })
      .first()
      .click();
    await page.getByLabel("Name", { exact: true }).fill(name);
    await button("Create session").click();
    await page.getByRole("heading", { name }).waitFor();
    session = new URL(page.url()).pathname.split("/").pop();
  });
  await step("running", () => state("running").waitFor({ timeout: MOVES_WITHIN_MS }));
  await step("expose", async () => {
    await serve(session, PORT, WORDS);
    await page.getByLabel("Port", { exact: true }).fill(String(PORT));
    await button("Expose port").click();
    await appLink().waitFor();
  });
  await step("open the URL", openExposed);
  await step("list", async () => {
    await page.getByRole("link", { name: "Sessions", exact: true }).click();
    const row = page.getByRole("listitem").filter({ has: page.getByRole("link", { name, exact: true }) });
    await row.getByRole("link", { name: `port ${PORT}` }).waitFor();
  });
  await step("sandboxes", async () => {
    await page.getByRole("link", { name: "Sandboxes", exact: true }).click();
    await state("online").waitFor();
  });
  await step("stop", async () => {
    await page.getByRole("link", { name: "Sessions", exact: true }).click();
    await page.getByRole("link", { name, exact: true }).click();
    await button(`Stop ${name}`).click();
    await state("stopped").waitFor({ timeout: MOVES_WITHIN_MS });
  });
  await step("start again", async () => {
    await button(`Start ${name}`).click();
    await state("running").waitFor({ timeout: MOVES_WITHIN_MS });
  });
  await step("open the same URL", async () => {
    await serve(session, PORT, WORDS);
    await openExposed();
  });
  await step("unexpose", async () => {
    await button(`Unexpose port ${PORT}`).click();
    await page.getByText("Nothing is reachable from outside yet.").waitFor();
  });
  await step("delete", async () => {
    await button(`Delete ${name}`).click();
    await button("Delete session").click();
    await page.getByRole("heading", { name: "Sessions", exact: true }).waitFor();
    await page.getByRole("link", { name, exact: true }).waitFor({ state: "detached" });
    session = "";
  });
  await step("log out", async () => {
    await button("Log out").click();
    await page.getByLabel("API key").waitFor();
  });
} catch (error) {
  problems.push(error.message);
  const alerts = await page.getByRole("alert").allTextContents();
  problems.push(...alerts.map((text) => `the page says: ${text}`));
  if (shots) await page.screenshot({ path: join(shots, "failed.png"), fullPage: true });
  // Nothing of this run stays behind.
  if (session) await page.evaluate((id) => fetch(`/api/v1/sessions/${id}`, { method: "DELETE" }), session);
} finally {
  await browser.close();
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
