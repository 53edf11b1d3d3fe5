import { expect, it } from "vitest";
import { imageChoice } from "./image_choice";

it("offers the default first, then what sessions are made of", () => {
  const held = [
    "10.213.0.1:5000/helix/base:13",
    "helix-headless:latest",
    "helix-layers/headless:ba52f5b30131",
    "helix-sandbox:latest",
    "helix-ubuntu:6ba9a8",
    "helix/base:13",
  ];

  expect(imageChoice(held, "helix-headless:latest")).toEqual([
    "helix-headless:latest",
    "helix-ubuntu:6ba9a8",
  ]);
});

it("offers the default even where no sandbox has it, and nothing where there is none", () => {
  expect(imageChoice([], "helix-headless:latest")).toEqual(["helix-headless:latest"]);
  expect(imageChoice([], "")).toEqual([]);
});
