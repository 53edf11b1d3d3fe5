import { count, formatBytes } from "../../lib/format";
import type { Sandbox } from "./api";

/** One line for people: "2 sandboxes online, 3 of 8 places taken, 41 GB free". */
export function summarise(sandboxes: readonly Sandbox[]): string {
  const usable = sandboxes.filter((sandbox) => sandbox.state !== "offline");
  if (usable.length === 0) {
    return sandboxes.length === 0 ? "No sandbox has enrolled yet" : "No sandbox is online";
  }
  const taken = total(usable, (sandbox) => sandbox.sessions);
  const places = total(usable, (sandbox) => sandbox.max_sessions);
  const free = total(usable, (sandbox) => sandbox.disk.free_bytes);
  return [
    `${count(usable.length, "sandbox", "sandboxes")} online`,
    `${taken} of ${count(places, "place", "places")} taken`,
    `${formatBytes(free)} free`,
  ].join(", ");
}

function total(sandboxes: readonly Sandbox[], of: (sandbox: Sandbox) => number): number {
  return sandboxes.reduce((sum, sandbox) => sum + of(sandbox), 0);
}
