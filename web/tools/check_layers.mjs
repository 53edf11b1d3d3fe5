// Fails when a file under web/src imports to the left, when a feature imports another feature, when anything but lib/client.ts
// names fetch, or when a file has more than 200 lines.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const LAYERS = ["app", "pages", "features", "ui", "lib"];
const MAX_LINES = 200;
const root = resolve(dirname(fileURLToPath(import.meta.url)), "../src");
const problems = [];

const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(tsx?|css)$/.test(entry.name))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .filter((file) => file !== "lib/schema.d.ts");

for (const file of files) {
  const text = readFileSync(join(root, file), "utf8");
  const isTest = /\.test\.tsx?$/.test(file) || file.startsWith("testing/");
  if (text.split("\n").length > MAX_LINES + 1) problems.push(`${file}: more than ${MAX_LINES} lines`);
  if (isTest) continue;

  const from = LAYERS.indexOf(file.split("/")[0]);
  if (from < 0) problems.push(`${file}: lies in no layer (${LAYERS.join(", ")})`);
  if (/\bfetch\s*\(/.test(text) && file !== "lib/client.ts")
    problems.push(`${file}: fetch belongs in lib/client.ts`);
  if (/lib\/client"/.test(text) && !/^features\/[a-z]+\/api\.ts$/.test(file)) {
    problems.push(`${file}: the client belongs in features/<name>/api.ts`);
  }

  for (const [, target] of text.matchAll(/(?:from|import)\s+"(\.[^"]+)"/g)) {
    const path = relative(root, resolve(root, dirname(file), target));
    const to = LAYERS.indexOf(path.split("/")[0]);
    if (to < from) problems.push(`${file}: ${LAYERS[from]} may not import ${path}`);
    const otherFeature = from === 2 && to === 2 && file.split("/")[1] !== path.split("/")[1];
    if (otherFeature) problems.push(`${file}: a feature may not import another feature (${path})`);
  }
}

for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
