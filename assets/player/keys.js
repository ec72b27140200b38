/** Keyboard: shortcuts of the page, and keys of the canvas while it has the focus. */

import { isTyping } from "./dom.js";

const PAN_PX = 60;
const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * @param {HTMLElement} canvas
 * @param {boolean} everywhere Whether shortcuts work wherever the focus is.
 * @param {object} on `fit()`, `zoom(factor)`, `follow()`, `find()`, `clear()`, `walk(direction)`,
 *     `pan(dx, dy)`.
 * @returns {() => void} Stop listening.
 */
export function attachKeys(canvas, everywhere, on) {
  const shortcuts = {
    0: () => on.fit(),
    "+": () => on.zoom(1.5),
    "=": () => on.zoom(1.5),
    "-": () => on.zoom(1 / 1.5),
    f: () => on.follow(),
    F: () => on.follow(),
    "/": () => on.find(),
    Escape: () => on.clear(),
  };
  const modified = (event) => event.ctrlKey || event.metaKey || event.altKey;
  const anywhere = (event) => {
    if (isTyping(event) || modified(event) || event.defaultPrevented || !shortcuts[event.key]) return;
    shortcuts[event.key]();
    if (event.key !== "Escape") event.preventDefault();
  };
  const focused = (event) => {
    if (modified(event)) return;
    if (event.key in ARROWS) on.pan(...ARROWS[event.key].map((v) => v * PAN_PX));
    // Tab walks neighbours only from a selection: else the canvas would trap the focus
    else if (event.key !== "Tab" || !on.walk(event.shiftKey ? -1 : 1)) return;
    event.preventDefault();
  };
  const target = everywhere ? document : canvas;
  target.addEventListener("keydown", anywhere);
  canvas.addEventListener("keydown", focused);
  return () => {
    target.removeEventListener("keydown", anywhere);
    canvas.removeEventListener("keydown", focused);
  };
}
