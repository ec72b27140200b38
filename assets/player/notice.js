/** What covers or marks the canvas when there is nothing live to show. */

import { element, setText } from "./dom.js";

/** After this a lost picture is dimmed, ms. */
const DIM_AFTER_MS = 10000;

/**
 * The state to show, most serious first.
 * @param {object} hub
 * @param {boolean} loaded Whether a picture was ever shown.
 * @param {number} now Milliseconds.
 * @returns {{canvas: string, title?: string, text?: string, action?: [string, string], copy?: boolean, busy?: boolean}}
 *     `canvas` is a class; `action` is [label, trigger].
 */
export function noticeOf(hub, loaded, now) {
  const { link, status } = hub;
  if (link.state === "ended") {
    return {
      canvas: "dim60",
      title: "This run has ended",
      text: link.text || "Nobody watched it for a while, so it was stopped. Its metrics are kept.",
      action: ["Start a new one", "start"],
    };
  }
  if (link.state === "refused")
    return {
      canvas: "dim60",
      title: "This run cannot be shown here",
      text:
        link.text || "The server refused the connection: open the page from the address it was started on.",
    };
  if (status?.state === "crashed") {
    return {
      canvas: "crashed",
      title: "The run has crashed",
      text: hub.error || "The simulation stopped with an error.",
      action: ["Restart", "restart"],
      copy: true,
    };
  }
  if (link.state === "lost") return { canvas: now - link.since > DIM_AFTER_MS ? "dim70" : "", busy: true };
  if (!loaded) return { canvas: "", busy: true };
  if (status?.state === "paused" && status.step === 0)
    return {
      canvas: "dim60",
      title: "Not started yet",
      text: "Run it, or take a single step.",
      action: ["Run", "run"],
    };
  return { canvas: "" };
}

export class Notice {
  /** @param {(action: string) => void} trigger */
  constructor(trigger) {
    this.title = element("h3");
    this.text = element("p");
    this.action = element("button.notice-action", { type: "button", onclick: () => trigger(this.wanted) });
    this.copy = element(
      "button.notice-copy",
      { type: "button", onclick: () => this.#copy() },
      "Copy details",
    );
    this.card = element(
      "div.notice",
      { role: "alert", hidden: true },
      this.title,
      this.text,
      element("div.notice-buttons", {}, this.action, this.copy),
    );
    this.bar = element("div.progress", { hidden: true });
    this.shown = null;
  }

  async #copy() {
    await navigator.clipboard?.writeText(`${this.title.textContent}\n${this.text.textContent}`);
    setText(this.copy, "Copied");
  }

  /** @param {HTMLElement} box Holds the canvas. @param {ReturnType<typeof noticeOf>} state */
  show(box, state) {
    const key = JSON.stringify(state);
    if (key === this.shown) return;
    this.shown = key;
    box.dataset.look = state.canvas;
    this.bar.hidden = !state.busy;
    this.card.hidden = !state.title;
    if (!state.title) return;
    setText(this.title, state.title);
    setText(this.text, state.text);
    this.action.hidden = !state.action;
    if (state.action) [this.action.textContent, this.wanted] = state.action;
    this.copy.hidden = !state.copy;
    setText(this.copy, "Copy details");
  }
}
