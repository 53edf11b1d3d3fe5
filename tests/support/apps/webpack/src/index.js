import { words } from "./words.js";

document.querySelector("#words").textContent = words;
