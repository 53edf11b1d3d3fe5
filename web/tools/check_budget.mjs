// Fails when the first screen, all that index.html loads, is more than 130 KB in gzip.
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const BUDGET_BYTES = 130_000;
const dist = resolve(dirname(fileURLToPath(import.meta.url)), "../dist");
const page = readFileSync(join(dist, "index.html"), "utf8");
const loaded = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path);
const sizes = ["/index.html", ...loaded].map(
  (path) => gzipSync(readFileSync(join(dist, path)), { level: 9 }).length,
);
const total = sizes.reduce((sum, size) => sum + size, 0);

console.log(`first screen: ${(total / 1000).toFixed(1)} KB gzip of ${BUDGET_BYTES / 1000} KB`);
if (total > BUDGET_BYTES) process.exitCode = 1;
