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
    this.fluency = element("span");
    this.fluencyChip = element(
      "span.chip.fluency",
      { title: "Frames a second drawn here, and seconds of play kept ahead" },
      this.lamp,
      this.fluency,
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
   * @param {{fps: number, buffer: number, economy: number, reduced: boolean, now: number, head: number}} play
   */
  setFluency(hub, play) {
    const { link, status, mode } = hub;
    const away = Math.max(0, Math.floor((play.now - link.since) / 1000));
    let lamp = "good";
    let text = `${Math.round(play.fps)} fps · buffer ${play.buffer.toFixed(1)} s`;
    if (link.state === "lost") {
      lamp = "warn";
      text = `reconnecting, ${away} s`;
    } else if (link.state === "ended" || link.state === "refused") {
      lamp = "off";
      text = link.state;
    } else if (link.state === "connecting") {
      lamp = "warn";
      text = "connecting";
    } else if (mode === "replay") {
      lamp = "look";
      text = `replay ${clockText(hub.clockAt(play.head))}`;
    } else if (status?.state === "crashed") {
      lamp = "bad";
      text = "crashed";
    } else if (status?.state === "ended") {
      lamp = "off";
      text = "ended";
    } else if (status?.state === "paused") {
      lamp = "off";
      text = `paused · ${Math.round(play.fps)} fps`;
    } else if (play.reduced) text = "reduced motion";
    else if (play.economy) {
      lamp = "warn";
      text = `${Math.round(play.fps)} fps · ${play.economy > 1 ? "half detail" : "trails off"}`;
    }
    setText(this.fluency, text);
    if (this.lamp.dataset.tone !== lamp) this.lamp.dataset.tone = lamp;
    this.fluencyChip.classList.toggle("amber", lamp === "warn" && link.state !== "open");
  }
}
