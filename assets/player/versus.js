/** The key figures of two runs side by side, from their own summaries. */

import { element, fillList, setText } from "./dom.js";
import { mounting } from "./mounting.js";
import { acquireHub, releaseHub } from "./registry.js";
import { adoptSheet } from "./sheet.js";
import { applyTheme, hostOf, themeName } from "./theme.js";

const THEME_MS = 500;
/** Smaller differences are called none, as a share. */
const EQUAL = 0.0005;

/**
 * What the second run's figure is against the first one's.
 * @param {object} a @param {object} b Cards of the same figure.
 * @returns {[string, "good"|"bad"|"flat"]}
 */
export function difference(a, b) {
  if (!Number.isFinite(a?.number) || !Number.isFinite(b?.number)) return ["", "flat"];
  const points = b.unit === "%";
  const by = points ? b.number - a.number : a.number ? (100 * (b.number - a.number)) / Math.abs(a.number) : 0;
  if (Math.abs(by) < 100 * EQUAL) return ["same", "flat"];
  const text = `${by > 0 ? "+" : "−"}${Math.abs(by).toFixed(1)} ${points ? "pt" : "%"}`;
  return [text, b.good ? (by > 0 === b.good > 0 ? "good" : "bad") : "flat"];
}

class Versus {
  constructor(parent, data) {
    this.parent = parent;
    this.head = element("tr");
    this.body = element("tbody");
    this.note = element("p");
    this.root = element(
      "section.atrium.versus",
      { "aria-label": "Comparison" },
      element("table", {}, element("thead", {}, this.head), this.body),
      this.note,
    );
    parent.append(this.root);
    adoptSheet(this.root);
    this.hubs = [];
    this.update(data);
    this.timer = setInterval(() => this.#theme(), THEME_MS);
  }

  update(data) {
    this.data = data;
    this.root.style.height = data.height ? `${data.height}px` : "";
    this.#theme();
    fillList(this.head, ["", ...data.names, "B against A"], () => element("th", { scope: "col" }), setText);
    const tokens = data.runs.join(" ");
    if (tokens === this.tokens) return;
    this.#release();
    this.tokens = tokens;
    this.hubs = data.runs.map(acquireHub);
    this.offs = this.hubs.map((hub) => hub.on("summary", () => this.#draw()));
    this.#draw();
  }

  #draw() {
    const [first, second] = this.hubs.map((hub) => hub.summary?.kpis ?? []);
    fillList(
      this.body,
      second,
      () => element("tr", {}, element("th", { scope: "row" }), element("td"), element("td"), element("td")),
      (node, card) => {
        const other = first.find((c) => c.label === card.label);
        const [text, tone] = difference(other, card);
        setText(node.children[0], card.label);
        setText(node.children[1], valueOf(other));
        setText(node.children[2], valueOf(card));
        setText(node.children[3], text);
        node.children[3].dataset.tone = tone;
      },
    );
    const steps = this.hubs.map((hub) => hub.status?.step);
    const apart = Math.abs(steps[0] - steps[1]) * (this.hubs[1].facts?.step_s ?? 1);
    setText(
      this.note,
      apart > 60
        ? `The two clocks are ${Math.round(apart / 60)} min apart: one city takes longer to compute. Slow down to compare.`
        : "Same riders, same drivers, same traffic: what differs is the policy.",
    );
  }

  #release() {
    for (const off of this.offs ?? []) off();
    this.hubs.forEach(releaseHub);
    this.hubs = [];
  }

  #theme() {
    applyTheme(this.root, themeName(hostOf(this.parent), this.data.theme));
  }

  close() {
    clearInterval(this.timer);
    this.#release();
    this.root.remove();
  }
}

const valueOf = (card) =>
  card?.value === null || card?.value === undefined ? "—" : `${card.value}${card.unit ? ` ${card.unit}` : ""}`;

/** Data: {runs: [string, string], names: [string, string], height?: number, theme?: string}. */
export default mounting(Versus);
