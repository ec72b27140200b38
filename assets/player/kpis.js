/** The row of KPI cards: label, value, change and a sparkline, updated in place. */

import { element, setAttribute, setText, svg } from "./dom.js";
import { mounting } from "./mounting.js";
import { acquireHub, releaseHub } from "./registry.js";
import { adoptSheet } from "./sheet.js";
import { applyTheme, hostOf, themeName } from "./theme.js";

const WIDTH = 200;
const HEIGHT = 24;
const THEME_MS = 500;
/** Cards keep their places before the first figures come. */
const BEFORE = Array.from({ length: 6 }, () => ({ label: "", value: null }));

/**
 * Path of a sparkline; gaps (null, NaN) interrupt it.
 * @param {(number|null)[]} series
 * @returns {{line: string, area: string}}
 */
export function sparkline(series) {
  const known = series.filter((v) => Number.isFinite(v));
  if (known.length < 2) return { line: "", area: "" };
  const low = Math.min(...known);
  const span = Math.max(...known) - low;
  const x = (i) => ((i / (series.length - 1)) * WIDTH).toFixed(1);
  // a constant series runs through the middle: at the bottom it would read as zero
  const y = (v) => (span ? HEIGHT - 2 - ((v - low) / span) * (HEIGHT - 5) : HEIGHT / 2).toFixed(1);
  let line = "";
  let area = "";
  let start = -1;
  const close = (end) => {
    if (start >= 0) area += `L${x(end)} ${HEIGHT}L${x(start)} ${HEIGHT}Z`;
    start = -1;
  };
  series.forEach((v, i) => {
    if (!Number.isFinite(v)) {
      close(i - 1);
      return;
    }
    const point = `${start < 0 ? "M" : "L"}${x(i)} ${y(v)}`;
    line += point;
    area += point;
    if (start < 0) start = i;
  });
  close(series.length - 1);
  return { line, area };
}

class Card {
  constructor() {
    this.label = element("span.kpi-label");
    this.note = element("span.kpi-note");
    this.value = element("b.kpi-value");
    this.unit = element("small");
    this.delta = element("span.kpi-delta");
    this.area = svg("path", { class: "spark-area" });
    this.line = svg("path", { class: "spark-line", "vector-effect": "non-scaling-stroke" });
    this.spark = svg(
      "svg",
      {
        class: "spark",
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        preserveAspectRatio: "none",
        "aria-hidden": "true",
      },
      this.area,
      this.line,
    );
    this.node = element(
      "div.kpi",
      { role: "group" },
      element("div.kpi-top", {}, this.label, this.note),
      element("div.kpi-main", {}, this.value, this.unit, this.delta),
      this.spark,
    );
  }

  /** @param {object} item See `mount`. */
  write(item) {
    const known = item.value !== null && item.value !== undefined && item.value !== "";
    setText(this.label, item.label);
    setText(this.note, item.note ?? "");
    setText(this.value, known ? String(item.value) : "—");
    setText(this.unit, known ? (item.unit ?? "") : "");
    setText(this.delta, known ? (item.delta ?? "") : "");
    this.delta.dataset.tone = item.tone ?? "flat";
    setAttribute(this.node, "title", item.help || null);
    const { line, area } = sparkline(item.series ?? []);
    setAttribute(this.line, "d", line);
    setAttribute(this.area, "d", area);
  }
}

class Kpis {
  constructor(parent, data) {
    this.parent = parent;
    this.cards = [];
    this.root = element("section.atrium.kpis", { "aria-label": "Key figures" });
    parent.append(this.root);
    adoptSheet(this.root);
    this.update(data);
    this.timer = setInterval(() => this.#theme(), THEME_MS);
  }

  update(data) {
    this.data = data;
    this.#theme();
    if (data.run !== this.hub?.token) this.#listen(data.run);
    this.#write(data.items ?? this.hub?.summary?.kpis ?? BEFORE);
  }

  /** Figures that the run itself sends, once a second. */
  #listen(run) {
    this.#deafen();
    if (!run) return;
    this.hub = acquireHub(run);
    this.off = this.hub.on("summary", () => this.#write(this.hub.summary.kpis ?? []));
  }

  #deafen() {
    this.off?.();
    if (this.hub) releaseHub(this.hub);
    this.hub = null;
  }

  #write(items) {
    while (this.cards.length > items.length) this.cards.pop().node.remove();
    while (this.cards.length < items.length) {
      const card = new Card();
      this.cards.push(card);
      this.root.append(card.node);
    }
    items.forEach((item, i) => this.cards[i].write(item));
  }

  #theme() {
    applyTheme(this.root, themeName(hostOf(this.parent), this.data.theme));
  }

  close() {
    clearInterval(this.timer);
    this.#deafen();
    this.root.remove();
  }
}

/**
 * Cards with `items` as given, or with `run` what the run's summary says. Data: {run?: string,
 * items?: {label: string, note?: string, value: ?(string|number), unit?: string, delta?: string,
 * tone?: "good"|"bad"|"flat", series?: (number|null)[], help?: string}[], theme?: string}.
 */
export default mounting(Kpis);
