const UNITS = ["B", "KB", "MB", "GB", "TB", "PB"] as const;

/** "41 GB", "1.5 TB": decimal units as disks are sold, two digits where that helps. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "just now", "5 min ago", "3 h ago", "2 days ago"; `now` in milliseconds since 1970. */
export function formatAgo(iso: string, now: number): string {
  const seconds = Math.max(0, (now - Date.parse(iso)) / 1000);
  if (seconds < 45) return "just now";
  if (seconds < HOUR) return `${Math.max(1, Math.floor(seconds / MINUTE))} min ago`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h ago`;
  return count(Math.floor(seconds / DAY), "day", "days").concat(" ago");
}

/** "5 min", "3 h", "2 days" until then; `now` in milliseconds since 1970. */
export function formatUntil(iso: string, now: number): string {
  const seconds = Math.max(0, (Date.parse(iso) - now) / 1000);
  if (seconds < HOUR) return `${Math.max(1, Math.round(seconds / MINUTE))} min`;
  if (seconds < 2 * DAY) return `${Math.round(seconds / HOUR)} h`;
  return count(Math.round(seconds / DAY), "day", "days");
}

/** "1 sandbox", "2 sandboxes". */
export function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** A URL as a person reads it: without the scheme, without a trailing slash. */
export function readableUrl(url: string): string {
  return url.replace(/^https?:\/\//, "").replace(/\/$/, "");
}
