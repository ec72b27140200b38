/** Eight feeds in one canvas, one of them enlarged; layers as chips; a click chooses a box or a feed. */

import { element, setText } from "../dom.js";
import { DEPTH_GRADIENT, heatSheet } from "./decode.js";
import { CLASSES, SHAPES, VIEW_LABELS } from "./names.js";
import { boxAt, drawView } from "./overlays.js";

const GAP = 4;
/** Share of the width that the enlarged feed takes. */
const LARGE = 0.75;
const LAYERS = [
  ["boxes", "Boxes", "square"], ["lanes", "Lanes", "line"], ["drivable", "Drivable", "square"], ["predictions", "Predictions", "circle"],
  ["path", "Path", "bar"], ["rejected", "Rejected paths", "line"], ["depth", "Depth", "diamond"], ["truth", "Truth", "ring"],
];
const INSET = 0.42;

const icon = (name, colour) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  node.setAttribute("viewBox", "-6 -6 12 12");
  node.setAttribute("class", "mark");
  node.innerHTML = `<path d="${SHAPES[name]}" fill="${colour}" fill-rule="evenodd"/>`;
  return node;
};

export class Mosaic {
  /**
   * @param {import("./view.js").Wish} wish
   * @param {(name: string, wish: object) => void} send
   */
  constructor(wish, send) {
    this.wish = wish;
    this.send = send;
    this.views = [];
    this.cells = [];
    this.picture = null;
    this.cursor = -1;
    this.inset = null;
    this.canvas = element("canvas.feeds", { tabindex: "0", role: "img", "aria-label": "Eight cameras" });
    this.context = this.canvas.getContext("2d");
    this.chips = new Map(LAYERS.map(([key, label, mark]) => [key, element("button.feed-chip", {
      type: "button", "aria-pressed": "false", onclick: () => wish.set({ [key]: !wish[key] }) }, icon(mark, "currentColor"), label)]));
    this.legend = element("div.feed-legend", {}, ...CLASSES.slice(0, 5).map((c) => element("span", {}, icon(c.mark, c.colour), c.name)),
      element("span", {}, icon("bar", "#4DA3FF"), "path, 1 s marks"));
    this.scale = element("div.depth-scale", { hidden: true }, "1 m", element("i", { style: `background:${DEPTH_GRADIENT}` }), "100 m");
    this.banner = element("div.feed-banner", { role: "status", hidden: true });
    this.close = element("button.inset-close", { type: "button", hidden: true, "aria-label": "Put the explanation away", onclick: () => this.#forget() }, "×");
    this.labels = element("div.feed-labels");
    this.box = element("div.feed-box", {}, this.canvas, element("div.feed-chips", { role: "group", "aria-label": "Layers" }, ...this.chips.values()), this.labels, this.legend, this.scale, this.banner, this.close);
    this.node = element("section.pc-card.mosaic-card", { "aria-label": "Cameras" }, this.box);
    this.canvas.addEventListener("click", (event) => this.#click(event));
    this.canvas.addEventListener("dblclick", (event) => this.#enlarge(this.#cellAt(event)));
    this.canvas.addEventListener("pointermove", (event) => this.#hover(event));
    this.canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  #cellAt(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    return this.cells.findIndex((c) => x >= c.x && y >= c.y && x < c.x + c.w && y < c.y + c.h);
  }

  #boxUnder(event, index) {
    const cell = this.cells[index];
    if (!this.picture || !cell || !this.wish.boxes) return -1;
    const { left, top } = this.canvas.getBoundingClientRect();
    const scale = cell.w / this.views[index].width;
    return boxAt(this.picture.facts.views[index].boxes, (event.clientX - left - cell.x) / scale, (event.clientY - top - cell.y) / scale);
  }

  #click(event) {
    const index = this.#cellAt(event);
    if (index < 0) return;
    const box = this.#boxUnder(event, index);
    if (box >= 0 && this.views[index].name === this.wish.large) this.choose(index, box);
    else if (this.views[index].name !== this.wish.large) this.#enlarge(index);
    else this.wish.set({ selected: -1, box: null });
  }

  /** Select a box of the present picture. */
  choose(view, box) {
    const row = this.picture.facts.views[view].boxes[box];
    this.wish.set({ selected: row[7], box: { view, box, step: this.picture.facts.step, row } });
  }

  #enlarge(index) {
    if (index >= 0) this.wish.set({ large: this.views[index].name });
  }

  #hover(event) {
    const index = this.#cellAt(event);
    const small = index >= 0 && this.views[index]?.name !== this.wish.large;
    this.canvas.style.cursor = small ? "zoom-in" : this.#boxUnder(event, index) >= 0 ? "pointer" : "default";
  }

  #key(event) {
    const names = this.views.map((v) => v.name);
    const digit = Number(event.key);
    if (digit >= 1 && digit <= names.length) this.wish.set({ large: names[digit - 1] });
    else if (event.key === "Escape") this.wish.set({ selected: -1, box: null });
    else return;
    event.preventDefault();
  }

  /** Keep the picture that an explanation is asked for: the drive goes on without it. */
  keepInset(view) {
    const image = this.picture?.images[view];
    if (!image) return;
    const copy = new OffscreenCanvas(image.width, image.height);
    copy.getContext("2d").drawImage(image, 0, 0);
    this.inset = { image: copy, heat: null, known: false };
  }

  #forget() {
    this.inset = null;
    this.send("forget");
  }

  /** Where the feeds stand, enlarged one first. */
  #layout(width, height) {
    const big = Math.round(width * LARGE);
    const order = [...this.views.keys()].sort((a, b) => (this.views[b].name === this.wish.large) - (this.views[a].name === this.wish.large));
    const tall = Math.round(big * (this.views[0].height / this.views[0].width));
    const side = width - big - GAP;
    const right = (tall - 2 * GAP) / 3;
    const low = (width - 3 * GAP) / 4;
    const cells = [];
    order.forEach((view, i) => {
      if (i === 0) cells[view] = { x: 0, y: 0, w: big, h: tall };
      else if (i < 4) cells[view] = { x: big + GAP, y: (i - 1) * (right + GAP), w: side, h: right };
      else cells[view] = { x: (i - 4) * (low + GAP), y: tall + GAP, w: low, h: height - tall - GAP };
    });
    this.cells = cells;
  }

  show(picture, theme, facts) {
    this.picture = picture;
    if (this.wish.depth && picture && !picture.depth) picture.openDepth(() => this.wish.listeners.forEach((listener) => listener()));
    const width = this.box.clientWidth;
    if (!width || !this.views.length) return;
    const tall = Math.round(width * LARGE * 0.6);
    const height = tall + GAP + Math.round(((width - 3 * GAP) / 4) * 0.6);
    const ratio = Math.min(2, devicePixelRatio || 1);
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
      this.canvas.style.height = `${height}px`;
    }
    this.#layout(width, height);
    const { context } = this;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = "#0A0F15";
    context.fillRect(0, 0, width, height);
    this.views.forEach((view, i) => {
      const cell = this.cells[i];
      if (picture?.images[i]) drawView(context, picture, i, view, cell, this.wish, view.name === this.wish.large, { font: theme.font });
      else this.#lost(cell, picture && facts.lost?.[view.name], theme);
    });
    this.#inset(facts, theme);
    this.#words(facts);
  }

  /** A camera without a picture: hatched, with the time since its last frame. */
  #lost(cell, since, theme) {
    const { context } = this;
    context.save();
    context.beginPath();
    context.rect(cell.x, cell.y, cell.w, cell.h);
    context.clip();
    context.fillStyle = "#121A22";
    context.fillRect(cell.x, cell.y, cell.w, cell.h);
    if (since !== undefined && since !== null) {
      context.strokeStyle = "#26323F";
      context.lineWidth = 6;
      for (let x = cell.x - cell.h; x < cell.x + cell.w; x += 18) {
        context.beginPath();
        context.moveTo(x, cell.y + cell.h);
        context.lineTo(x + cell.h, cell.y);
        context.stroke();
      }
      context.font = `600 13px ${theme.font}`;
      context.textAlign = "center";
      context.textBaseline = "middle";
      const text = `no frame since ${since.toFixed(1)} s`;
      const w = context.measureText(text).width + 20;
      context.fillStyle = "rgba(13,19,26,.92)";
      context.fillRect(cell.x + (cell.w - w) / 2, cell.y + cell.h / 2 - 12, w, 24);
      context.fillStyle = "#FFB488";
      context.fillText(text, cell.x + cell.w / 2, cell.y + cell.h / 2 + 0.5);
    }
    context.restore();
  }

  /** The explained picture with its heat, in a corner of the enlarged feed. */
  #inset(facts, theme) {
    const told = facts.explain;
    if (this.inset && told) this.inset.known = true;
    if (!told && this.inset?.known) this.inset = null;
    const kept = this.inset;
    this.close.hidden = !kept;
    if (!kept || !told) return;
    if (told.state === "done" && !kept.heat && this.picture?.heat) kept.heat = heatSheet(this.picture.heat, kept.image.width, kept.image.height);
    const cell = this.cells[this.views.findIndex((v) => v.name === this.wish.large)];
    const { context } = this;
    const w = cell.w * INSET;
    const h = w * (kept.image.height / kept.image.width);
    const [x, y] = [cell.x + cell.w - w - 10, cell.y + cell.h - h - 44];
    context.drawImage(kept.image, x, y, w, h);
    context.fillStyle = "rgba(10,15,21,.45)";
    if (kept.heat) {
      context.fillRect(x, y, w, h);
      context.drawImage(kept.heat, x, y, w, h);
    }
    const scale = w / kept.image.width;
    const [x0, y0, x1, y1] = told.box.map((b) => (b / 10) * scale);
    context.strokeStyle = CLASSES[told.cls].colour;
    context.lineWidth = 1.5;
    context.strokeRect(x + x0, y + y0, x1 - x0, y1 - y0);
    context.strokeStyle = "#FFFFFF";
    context.lineWidth = 1;
    context.strokeRect(x + 0.5, y + 0.5, w - 1, h - 1);
    context.fillStyle = "rgba(13,19,26,.92)";
    context.fillRect(x, y - 24, w, 24);
    context.fillStyle = "#FFFFFF";
    context.font = `600 12px ${theme.font}`;
    context.textAlign = "left";
    context.textBaseline = "middle";
    const text = told.state === "working" ? "Integrated gradients: working …" : told.state === "failed" ? told.text ?? "could not be explained"
      : `What spoke for this ${CLASSES[told.cls].short ?? CLASSES[told.cls].name}: logit ${told.score.toFixed(1).replace("-", "−")}, adds up to ${(100 * (1 - told.error)).toFixed(1)} %`;
    context.fillText(text, x + 8, y - 11.5, w - 40);
    Object.assign(this.close.style, { left: `${x + w - 26}px`, top: `${y - 24}px` });
  }

  /** Chips, names of the feeds, legend, banner. */
  #words(facts) {
    for (const [key, chip] of this.chips) {
      const on = String(Boolean(this.wish[key]));
      if (chip.getAttribute("aria-pressed") !== on) chip.setAttribute("aria-pressed", on);
    }
    this.scale.hidden = !this.wish.depth;
    this.legend.hidden = !this.wish.boxes && !this.wish.path;
    const large = this.cells[this.views.findIndex((v) => v.name === this.wish.large)];
    this.legend.style.top = this.scale.style.top = `${large.h - 34}px`;
    this.scale.style.left = `${large.w - 300}px`;
    while (this.labels.children.length < this.views.length) {
      const name = element("span");
      const off = element("button.feed-off", { type: "button" });
      const view = this.views[this.labels.children.length];
      off.addEventListener("click", () => this.send("camera", { view: view.name, on: off.dataset.on !== "true" }));
      this.labels.append(element("div.feed-name", {}, name, off));
    }
    this.views.forEach((view, i) => {
      const node = this.labels.children[i];
      const cell = this.cells[i];
      setText(node.firstChild, VIEW_LABELS[view.name]);
      const on = facts.lost?.[view.name] === undefined;
      if (node.lastChild.dataset.on !== String(on)) {
        node.lastChild.dataset.on = String(on);
        node.lastChild.title = on ? `Knock out the ${VIEW_LABELS[view.name].toLowerCase()} camera` : "Mend this camera";
        node.lastChild.setAttribute("aria-label", node.lastChild.title);
        node.lastChild.textContent = on ? "off" : "mend";
      }
      const big = view.name === this.wish.large;
      const place = big // chips stand above it, the legend at its left
        ? `translate(${Math.round(cell.x + cell.w - 6)}px, ${Math.round(cell.y + cell.h - 32)}px) translateX(-100%)`
        : `translate(${Math.round(cell.x + 4)}px, ${Math.round(cell.y + 4)}px)`;
      if (node.style.transform !== place) node.style.transform = place;
    });
    const said = facts.manual ? "You drive: arrows or W A S D, Esc gives the wheel back"
      : facts.blind ? "No camera looks ahead: the car stops" : facts.drive?.over ? this.#over(facts.drive) : "";
    this.banner.hidden = !said;
    this.banner.dataset.tone = facts.blind ? "bad" : "plain";
    setText(this.banner, said);
    this.banner.style.top = `${large.h - 74}px`;
    this.banner.style.maxWidth = `${large.w - 40}px`;
    this.banner.style.left = `${large.w / 2}px`;
  }

  #over(drive) {
    return `Drive ${drive.number} is over: driving score ${drive.driving_score.toFixed(1)}, ${Math.round(100 * drive.completion)} % of the way; the next one begins`;
  }
}
