// Every page of web/dist in a real browser, light and dark, wide and narrow, over fixed answers, under the shipped
// Content-Security-Policy: no accessibility problem (contrast included), no sideways scrolling, no console error.
// Leaves screenshots in e2e/shots.
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { launch, watch } from "./browser.mjs";
import { answer, sessions } from "./fixtures.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const dist = resolve(here, "../dist");
const shots = join(here, "shots");
const axe = readFileSync(resolve(here, "../node_modules/axe-core/axe.min.js"), "utf8");
const header = readFileSync(resolve(here, "../../src/server/http/assets.hpp"), "utf8");
const policy = [
  ...header
    .split("kContentSecurityPolicy =")[1]
    .split(";\n")[0]
    .matchAll(/"([^"]+)"/g),
]
  .map(([, part]) => part)
  .join("");
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

const running = `/sessions/${sessions.find(({ state }) => state === "running").id}`;
const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
const authorize =
  "/api/v1/gateway/authorize?to=http%3A%2F%2Fweb-ses-01kftf048shs1ca1wnfwy9msb7.localhost%3A8080%2F";

const PAGES = [
  { name: "login", path: "/", loggedIn: false },
  { name: "login-for-app", path: `/login?next=${encodeURIComponent(authorize)}`, loggedIn: false },
  { name: "sessions", path: "/" },
  { name: "sessions-empty", path: "/", empty: true },
  { name: "create", path: "/", act: (page) => page.getByRole("button", { name: "New session" }).click() },
  { name: "delete", path: "/", act: (page) => page.getByRole("button", { name: "Delete hello" }).click() },
  ...sessions.map(({ id, state }) => ({ name: `session-${state}`, path: `/sessions/${id}` })),
  {
    name: "ports-options",
    path: running,
    act: async (page) => {
      await page.getByLabel("Port", { exact: true }).fill("9000");
      await press(page, "Options");
      await page.getByLabel("Host header", { exact: true }).selectOption("name");
      await page.getByLabel("Host header's name").fill("app.test");
      await page.getByLabel("Allowed networks").fill("everywhere");
      await press(page, "Expose port");
      await page.getByText("Must be a network").waitFor();
    },
  },
  {
    name: "ports-share",
    path: running,
    act: async (page) => {
      await press(page, "Share links of port 5173");
      await press(page, "Rotate review of 442");
      await page.getByText("it is not shown again").waitFor();
    },
  },
  { name: "ports-change", path: running, act: (page) => press(page, "Change port 5432") },
  { name: "session-missing", path: "/sessions/ses_00000000000000000000000000" },
  { name: "sandboxes", path: "/sandboxes" },
  { name: "sandboxes-empty", path: "/sandboxes", empty: true },
  { name: "nowhere", path: "/nowhere" },
];
const LOOKS = [
  { look: "light", colorScheme: "light", viewport: { width: 1200, height: 800 } },
  { look: "dark", colorScheme: "dark", viewport: { width: 1200, height: 800 } },
  { look: "narrow", colorScheme: "light", viewport: { width: 360, height: 740 } },
];

const server = createServer((request, response) => {
  const path = new URL(request.url, "http://x").pathname;
  const file = extname(path) ? path : "/index.html";
  response.setHeader("Content-Type", TYPES[extname(file)]);
  response.setHeader("Content-Security-Policy", policy);
  response.end(readFileSync(join(dist, file)));
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const origin = `http://127.0.0.1:${server.address().port}`;

const problems = [];
mkdirSync(shots, { recursive: true });
const browser = await launch();
for (const { look, ...device } of LOOKS) {
  for (const { name, path, loggedIn = true, empty = false, act } of PAGES) {
    const where = `${name} (${look})`;
    const found = [];
    const context = await browser.newContext({ ...device, reducedMotion: "reduce" });
    const page = await context.newPage();
    // A refused request shows in the console by itself; the pages without a login or a session are here for that.
    watch(page, found, (message) => /status of (401|404|422)/.test(message.text()));
    await page.route("**/api/v1/**", (route) => {
      const path = new URL(route.request().url()).pathname.replace("/api/v1", "");
      const [status, body] = answer(route.request().method(), path, { loggedIn, empty });
      return route.fulfill({ status, json: body });
    });
    await page.goto(origin + path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.waitForLoadState("networkidle");
    await act?.(page);
    await page.screenshot({ path: join(shots, `${name}-${look}.png`), fullPage: true });

    await page.evaluate(axe);
    const violations = await page.evaluate(async () => (await window.axe.run(document)).violations);
    for (const { id, nodes } of violations)
      found.push(`axe ${id}: ${nodes.map((node) => node.html).join(" ")}`);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (overflow > 0) found.push(`scrolls ${overflow} px sideways`);
    problems.push(...found.map((problem) => `${where}: ${problem}`));
    await context.close();
  }
}
await browser.close();
server.close();

for (const problem of problems) console.error(problem);
console.log(
  `${PAGES.length * LOOKS.length} pages looked at, ${problems.length} problems, screenshots in ${shots}`,
);
process.exitCode = problems.length > 0 ? 1 : 0;
