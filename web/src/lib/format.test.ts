import { describe, expect, it } from "vitest";
import { count, formatAgo, formatBytes, formatUntil, readableUrl } from "./format";

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 KB"],
    [999_499, "999 KB"],
    [999_500, "1.0 MB"],
    [41_200_000_000, "41 GB"],
    [1_540_000_000_000, "1.5 TB"],
  ])("%d is %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe("formatAgo", () => {
  const now = Date.parse("2026-01-25T12:00:00Z");

  it.each([
    ["2026-01-25T11:59:50Z", "just now"],
    ["2026-01-25T12:00:30Z", "just now"],
    ["2026-01-25T11:59:14Z", "1 min ago"],
    ["2026-01-25T11:00:01Z", "59 min ago"],
    ["2026-01-25T11:00:00Z", "1 h ago"],
    ["2026-01-24T12:00:00Z", "1 day ago"],
    ["2026-01-20T12:00:00Z", "5 days ago"],
  ])("%s is %s", (iso, text) => {
    expect(formatAgo(iso, now)).toBe(text);
  });
});

it.each([
  ["2026-01-25T12:00:10Z", "1 min"],
  ["2026-01-25T12:59:00Z", "59 min"],
  ["2026-01-26T12:00:00Z", "24 h"],
  ["2026-02-01T12:00:00Z", "7 days"],
])("formatUntil of %s is %s", (iso, text) => {
  expect(formatUntil(iso, Date.parse("2026-01-25T12:00:00Z"))).toBe(text);
});

it("count takes the plural for none and many", () => {
  expect([0, 1, 2].map((n) => count(n, "sandbox", "sandboxes"))).toEqual([
    "0 sandboxes",
    "1 sandbox",
    "2 sandboxes",
  ]);
});

it("readableUrl keeps what tells URLs apart", () => {
  expect(readableUrl("https://ses-1-80.dev.example.com/")).toBe("ses-1-80.dev.example.com");
  expect(readableUrl("http://localhost:8080/a/b")).toBe("localhost:8080/a/b");
});
