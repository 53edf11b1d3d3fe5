// Takes new words without a reload: what was put into `window` before is still there after an edit.
import { words } from "./words.js";

const show = (text) => {
  document.querySelector("#words").textContent = text;
};
show(words);
import.meta.hot.accept("./words.js", (module) => show(module.words));
