/** Small SVG charts in the house style: hairline grid, end labels, marks with shapes. */

import { svg } from "../dom.js";
import { SHAPES } from "./names.js";

const STROKED = new Set(["ring", "line", "dash"]);

/**
 * A mark: the shape that stands beside every data colour.
 * @param {string} shape Key of SHAPES.
 * @param {string} colour CSS colour.
 * @param {number} [size] Pixels.
 */
export function mark(shape, colour, size = 10) {
  const stroked = STROKED.has(shape);
  return svg(
    "svg",
    { viewBox: "0 0 10 10", width: size, height: size, class: "mark", "aria-hidden": "true" },
    svg("path", {
      d: SHAPES[shape],
      fill: stroked ? "none" : colour,
      stroke: stroked ? colour : "none",
      "stroke-width": stroked ? 2 : 0,
    }),
  );
}

/** A mark inside a chart, centred at (x, y). */
export function markAt(shape, colour, x, y, size = 10) {
  const stroked = STROKED.has(shape);
  return svg("path", {
    d: SHAPES[shape],
    transform: `translate(${x - size / 2} ${y - size / 2}) scale(${size / 10})`,
    fill: stroked ? "none" : colour,
    stroke: stroked ? colour : "none",
    "stroke-width": stroked ? 2 : 0,
  });
}

/** Scales and paper of one chart. */
export class Plot {
  /**
   * @param {SVGElement} node Emptied and filled.
   * @param {number} width Pixels.
   * @param {number} height Pixels.
   * @param {{x: [number, number], y: [number, number], margin?: [number, number, number, number]}} ranges
   *     Margin is top, right, bottom, left.
   */
  constructor(node, width, height, { x, y, margin = [8, 12, 22, 36] }) {
    this.node = node;
    [this.top, this.right, this.bottom, this.left] = [margin[0], width - margin[1], height - margin[2], margin[3]];
    this.X = (v) => this.left + ((v - x[0]) / (x[1] - x[0] || 1)) * (this.right - this.left);
    this.Y = (v) => this.bottom - ((v - y[0]) / (y[1] - y[0] || 1)) * (this.bottom - this.top);
    node.replaceChildren();
    node.setAttribute("viewBox", `0 0 ${width} ${height}`);
    node.setAttribute("width", width);
    node.setAttribute("height", height);
    this.height = height;
  }

  add(tag, attributes, ...children) {
    const made = svg(tag, attributes, ...children);
    this.node.append(made);
    return made;
  }

  /** Text in the axis or label style. */
  text(x, y, words, { anchor = "start", strong = false, label = false } = {}) {
    this.add("text", { x, y, "text-anchor": anchor, class: `${label ? "label" : "axis"}${strong ? " strong" : ""}` })
      .textContent = words;
  }

  /** Horizontal hairlines with their values. */
  rows(values, name = String) {
    for (const v of values) {
      this.add("path", { d: `M${this.left} ${this.Y(v)}H${this.right}`, class: "grid" });
      this.text(this.left - 6, this.Y(v) + 4, name(v), { anchor: "end" });
    }
  }

  /** Values under the chart. */
  columns(values, name = String) {
    for (const v of values) this.text(this.X(v), this.height - 6, name(v), { anchor: "middle" });
  }

  /** A line through points; null breaks it. */
  line(points, colour, { dash = "", width = 1.8 } = {}) {
    let d = "";
    let broken = true;
    for (const [x, y] of points) {
      if (y === null) broken = true;
      else {
        d += `${broken ? "M" : "L"}${this.X(x).toFixed(1)} ${this.Y(y).toFixed(1)}`;
        broken = false;
      }
    }
    this.add("path", { d, fill: "none", stroke: colour, "stroke-width": width, "stroke-dasharray": dash, "stroke-linejoin": "round" });
  }

  /** A mark at a place of the chart. */
  mark(shape, colour, x, y, size) {
    const made = markAt(shape, colour, x, y, size);
    this.node.append(made);
    return made;
  }
}

/** Round steps for an axis from 0 to `high`. */
export function ticks(high, wanted = 5) {
  const raw = high / wanted;
  const ten = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * ten).find((s) => s >= raw);
  const out = [];
  for (let v = 0; v <= high + step * 1e-6; v += step) out.push(Number(v.toPrecision(6)));
  return out;
}
