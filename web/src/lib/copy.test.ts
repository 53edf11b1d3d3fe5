import { afterEach, expect, it, vi } from "vitest";
import { copyText } from "./copy";

afterEach(() => vi.unstubAllGlobals());

function withoutClipboard(execCommand: () => boolean) {
  vi.stubGlobal("navigator", {});
  Object.assign(document, { execCommand });
}

it("uses the clipboard where there is one", async () => {
  expect(await copyText("helix ports")).toBe(true);
  expect(await navigator.clipboard.readText()).toBe("helix ports");
});

it("copies a selection where there is none, and gives the focus back", async () => {
  const button = document.body.appendChild(document.createElement("button"));
  button.focus();
  let selected = "";
  withoutClipboard(() => {
    selected = document.querySelector("textarea")?.value ?? "";
    return true;
  });

  expect(await copyText("helix ports")).toBe(true);

  expect(selected).toBe("helix ports");
  expect(document.querySelector("textarea")).toBeNull();
  expect(document.activeElement).toBe(button);
});

it("says when the browser refuses both", async () => {
  withoutClipboard(() => false);

  expect(await copyText("helix ports")).toBe(false);
});
