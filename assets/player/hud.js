/** The chips over the canvas: layers, zoom, follow, find, and how fluent the picture is. */

import { clockText, element, setAttribute, setText } from "./dom.js";

/** A button with a class, text and title. */
function chip(name, text, title, onclick) {
  return element(`button.${name}`, { type: "button", title, onclick }, text);
}

export class Hud {
  /** @param {object} on `layer(id)`, `zoom(factor)`, `fit()`, `follow()`, `find(text)`, `peek(text)`. */
  constructor(on) {
    this.on = on;
    this.toggles = new Map();
    this.title = element("b.chip.hud-title", { hidden: true });
    this.left = element("div.chips-left", { role: "group", "aria-label": "Layers" });
    this.zoom = element("b.zoom", { "aria-live": "off" }, "1.0×");
    this.fit = chip("part", "Fit", "Show all (0)", () => on.fit());
    this.follow = chip("part", "Follow", "Select one to follow it (F)", () => on.follow());
    this.findChip = element(
      "button.chip.find",
      { type: "button", title: "Find by number (/)", onclick: () => this.openFind() },
      (this.findText = element("span", {}, "Find")),
      element("kbd", {}, "/"),
    );
    this.findInput = element("input.find-input", {
      type: "text",
      inputmode: "numeric",
      size: "9",
      autocomplete: "off",
      spellcheck: "false",
      hidden: true,
      oninput: () => this.#peek(),
      onblur: () => this.closeFind(),
      onkeydown: (event) => this.#findKey(event),
    });
    this.findNote = element("span.find-note", { role: "status", hidden: true });
    this.lamp = element("i.lamp");
    this.fps = element("b", {}, "–");
    this.buffer = element("b", {}, "–");
    this.fluent = element("span", {}, this.fps, " fps · buffer ", this.buffer, " s");
    this.said = element("span", { hidden: true });
    this.fluencyChip = element(
      "span.chip.fluency",
      { title: "Frames a second drawn here, and seconds of play kept ahead" },
      this.lamp,
      this.fluent,
      this.said,
    );
    this.right = element(
      "div.chips-right",
      {},
      element(
        "div.chip.group",
        { role: "group", "aria-label": "View" },
        chip("part", "−", "Zoom out (−)", () => on.zoom(1 / 1.5)),
        element("span.part.value", {}, this.zoom),
        chip("part", "+", "Zoom in (+)", () => on.zoom(1.5)),
        this.fit,
        this.follow,
      ),
      element("div.finder", {}, this.findChip, this.findInput, this.findNote),
      this.fluencyChip,
    );
    this.node = element("div.chips", {}, this.left, this.right);
  }

  /**
   * Show the toggles of a painter.
   * @param {{id: string, label: string, title: string}[]} layers
   * @param {string} noun What an agent is called.
   */
  setLayers(layers, noun) {
    this.toggles.clear();
    this.left.replaceChildren(
      this.title,
      ...layers.map(({ id, label, title }) => {
        const button = element(
          "button.chip.toggle",
          { type: "button", title, "aria-pressed": "false", onclick: () => this.on.layer(id) },
          element("i.tick"),
          label,
        );
        this.toggles.set(id, button);
        return button;
      }),
    );
    setText(this.findText, `Find ${noun}`);
    this.findInput.setAttribute("aria-label", `Number of the ${noun} to find`);
  }

  /** What tells this picture from another beside it, "" for none. */
  setTitle(text) {
    this.title.hidden = !text;
    setText(this.title, text);
  }

  /** @param {Object<string, boolean>} layers */
  setPressed(layers) {
    for (const [id, button] of this.toggles) setAttribute(button, "aria-pressed", String(layers[id]));
  }

  /** @param {import("./camera.js").Camera} camera */
  setView(camera, follow, selected) {
    setText(this.zoom, `${camera.zoom.toFixed(1)}×`);
    this.fit.classList.toggle("on", camera.fitted);
    this.follow.classList.toggle("on", follow);
    setAttribute(this.follow, "aria-pressed", String(follow));
    setAttribute(this.follow, "aria-disabled", selected < 0 ? "true" : null);
    setAttribute(
      this.follow,
      "title",
      selected < 0
        ? "Select one to follow it (F)"
        : follow
          ? "Following; drag to stop (F)"
          : "Keep the selected one in the middle (F)",
    );
  }

  openFind() {
    this.findChip.hidden = true;
    this.findInput.hidden = false;
    this.findInput.value = "";
    this.findInput.focus();
  }

  closeFind() {
    this.findInput.hidden = true;
    this.findNote.hidden = true;
    this.findChip.hidden = false;
    this.on.peek(null);
  }

  #peek() {
    const problem = this.on.peek(this.findInput.value);
    this.findNote.hidden = !problem;
    setText(this.findNote, problem ?? "");
  }

  #findKey(event) {
    event.stopPropagation();
    if (event.key === "Escape") this.closeFind();
    else if (event.key === "Enter") {
      const problem = this.on.find(this.findInput.value);
      if (!problem) this.closeFind();
      else {
        this.findNote.hidden = false;
        setText(this.findNote, problem);
      }
    }
  }

  /**
   * The chip at the far right.
   * @param {object} hub
   * @param {Play} play
   */
  setFluency(hub, play) {
    const [tone, text] = stateOf(hub, play);
    const fluent = text === "";
    this.fluent.hidden = !fluent;
    this.said.hidden = fluent;
    setText(this.fps, String(Math.round(play.fps)));
    setText(this.buffer, play.buffer.toFixed(1));
    setText(this.said, text);
    if (this.lamp.dataset.tone !== tone) this.lamp.dataset.tone = tone;
    this.fluencyChip.classList.toggle("amber", tone === "warn" && hub.link.state !== "open");
  }
}

/**
 * @typedef {object} Play
 * @property {number} fps @property {number} buffer Seconds. @property {number} economy
 * @property {boolean} reduced Motion is reduced. @property {number} now ms @property {number} head
 */

/**
 * Tone of the lamp and what to say instead of the figures, "" when all is well.
 * @param {object} hub
 * @param {Play} play
 * @returns {[string, string]}
 */
function stateOf(hub, play) {
  const { link, status, mode } = hub;
  const fps = `${Math.round(play.fps)} fps`;
  if (link.state === "lost") return ["warn", `reconnecting, ${Math.floor((play.now - link.since) / 1000)} s`];
  if (link.state === "connecting") return ["warn", "connecting"];
  if (link.state !== "open") return ["off", link.state];
  if (mode === "replay") return ["look", `replay ${clockText(hub.clockAt(play.head))}`];
  if (status?.state === "crashed") return ["bad", "crashed"];
  if (status?.state === "ended") return ["off", "ended"];
  if (status?.state === "paused") return ["off", `paused · ${fps}`];
  if (play.reduced) return ["good", "reduced motion"];
  if (play.economy) return ["warn", `${fps} · ${play.economy > 1 ? "half detail" : "trails off"}`];
  return ["good", ""];
}
