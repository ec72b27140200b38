/** The strip below the canvas: what the marks mean, how many there are, what the ramps say. */

import { element, grouped, setAttribute, setText } from "./dom.js";

export class Legend {
  /** @param {(state: number) => void} point A state is pointed at; -1 none. */
  constructor(point) {
    this.point = point;
    this.states = element("div.legend-states");
    this.ramps = element("div.legend-ramps");
    this.node = element("div.legend", {}, this.states, this.ramps);
    this.counts = [];
    /** State of each entry. */
    this.shown = [];
    /** State that stays pointed at, or -1. */
    this.pinned = -1;
  }

  #pin(state) {
    this.pinned = this.pinned === state ? -1 : state;
    [...this.states.children].forEach((node, i) =>
      setAttribute(node, "aria-pressed", String(this.shown[i] === this.pinned)),
    );
    this.point(this.pinned);
  }

  /** Lay out for a painter in a theme. */
  setPainter(painter) {
    this.counts = [];
    this.shown = painter.legend().map(({ state }) => state);
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    this.states.replaceChildren(
      ...painter.legend().map(({ state, label }) => {
        const icon = element("canvas.legend-icon", {
          width: 16 * ratio,
          height: 16 * ratio,
          "aria-hidden": "true",
        });
        const context = icon.getContext("2d");
        context.scale(ratio, ratio);
        painter.icon(context, state, 16);
        const count = element("b", {}, "–");
        this.counts.push(count);
        return element(
          "button.legend-item",
          {
            type: "button",
            title: "Point at it to fade the others; click to keep it so",
            "aria-pressed": String(state === this.pinned),
            onclick: () => this.#pin(state),
            onpointerenter: () => this.point(state),
            onpointerleave: () => this.point(this.pinned),
          },
          icon,
          label,
          " ",
          count,
        );
      }),
    );
    this.rampNodes = painter.ramps().map(({ label, from, middle, to, end, layer, optional }) => {
      const bar = element("i.ramp");
      bar.style.background = `linear-gradient(90deg, ${[from, middle, to].filter(Boolean).join(", ")})`;
      const node = element("span.legend-ramp", {}, label, bar, end);
      node.dataset.layer = layer;
      node.classList.toggle("optional", Boolean(optional));
      return node;
    });
    this.ramps.replaceChildren(...this.rampNodes);
  }

  /** @param {Uint32Array} counts Agents in each state. */
  setCounts(counts) {
    this.counts.forEach((node, i) => setText(node, grouped(counts[this.shown[i]] ?? 0)));
  }

  /** Ramps of layers that are off are faint; optional ones are gone. */
  setLayers(layers) {
    for (const node of this.rampNodes ?? []) node.classList.toggle("off", !layers[node.dataset.layer]);
  }

  /** Light the entry of the hovered agent's state. */
  light(state) {
    [...this.states.children].forEach((node, i) => node.classList.toggle("lit", this.shown[i] === state));
  }
}
