/** Three small charts: shares while the search grows, prior against visits, points lost by move. */

import { element, grouped, svg } from "../dom.js";
import { signed, vertex } from "./names.js";
import { Plot, mark, ticks } from "./plot.js";

const DASHES = ["", "6 3", "2 3", "8 3 2 3", "4 2"];
const LINES = ["blue", "orange", "green", "purple", "vermilion"];
const LABEL_PX = 13;

class Chart {
  constructor(title, note, empty) {
    this.svg = svg("svg", { role: "img" });
    this.legend = element("span.go-legend");
    this.empty = element("p.go-empty", {}, empty);
    this.box = element("div.chart-box", {}, this.svg, this.empty);
    this.node = element("section.go-card.chart-card", { "aria-label": title },
      element("header", {}, element("h2", {}, title), element("span.muted", {}, note), element("span.grow"), this.legend), this.box);
    this.title = title;
  }

  /** Redraw if what is drawn, its room or the theme has changed. */
  renew(data, theme, any, draw) {
    const width = this.box.clientWidth;
    const height = this.box.clientHeight;
    const key = JSON.stringify([data, theme.name, width, height]);
    if (key === this.key || width < 80 || height < 60) return;
    this.key = key;
    this.empty.hidden = any;
    if (!any) this.svg.replaceChildren();
    else draw(width, height, theme.tokens);
  }
}

/** Shares of the leading moves against simulations, on a scale of ratios. */
export class GrowthChart extends Chart {
  constructor() {
    super("Share while the search grows", "", "A line for each leading move, once the search has begun.");
  }

  show(facts, theme) {
    const { moves, at } = facts.growth;
    this.renew([facts.growth, facts.size], theme, at.length > 1, (width, height, tokens) => {
      const first = at[0][0];
      const last = at.at(-1)[0];
      const log = (v) => Math.log2(v / first);
      const plot = new Plot(this.svg, width, height, { x: [0, log(last)], y: [0, 100], margin: [8, 38, 22, 40] });
      plot.rows([0, 25, 50, 75, 100], (v) => `${v}%`);
      const marks = [first, ...[100, 400, 1600, 6400].filter((v) => v > first * 2 && v < last * 0.6), last];
      for (const v of marks) plot.text(plot.X(log(v)), height - 6, grouped(v), { anchor: v === first ? "start" : v === last ? "end" : "middle" });
      moves.forEach((move, i) => plot.line(at.map((row) => [log(row[0]), (100 * row[i + 1]) / Math.max(1, row[0])]), tokens.marks[LINES[i]], { dash: DASHES[i], width: i ? 1.8 : 2.4 }));
      let below = plot.bottom + LABEL_PX;
      const ends = moves.map((move, i) => [move, plot.Y((100 * at.at(-1)[i + 1]) / Math.max(1, last))]).sort((a, b) => b[1] - a[1]);
      for (const [move, y] of ends) {
        below = Math.min(y, below - LABEL_PX);
        plot.text(plot.right + 5, below + 4, vertex(move, facts.size), { label: true });
      }
      this.svg.setAttribute("aria-label", `${this.title}: after ${grouped(last)} simulations ${moves.map((m, i) => `${vertex(m, facts.size)} ${Math.round((100 * at.at(-1)[i + 1]) / Math.max(1, last))} %`).join(", ")}`);
    });
  }
}

/** What the network proposed and what the search made of it. */
export class PriorChart extends Chart {
  constructor() {
    super("Prior against visits", "", "What the network proposes, and what the search makes of it.");
  }

  show(facts, theme) {
    const rows = facts.candidates.slice(0, 8).map((c) => [c.point, c.prior, c.share]);
    this.renew([rows, facts.size], theme, rows.length > 0, (width, height, { marks, muted, panel }) => {
      this.legend.replaceChildren(mark("ring", muted), "prior", mark("circle", marks.blue), "visits");
      const high = Math.min(1, Math.max(0.5, ...rows.map((r) => Math.max(r[1], r[2]))));
      const plot = new Plot(this.svg, width, height, { x: [0, Math.sqrt(high)], y: [0, 1], margin: [6, 20, 22, 46] });
      for (const v of [0, 0.05, 0.2, 0.5, 1].filter((t) => t <= high)) {
        const x = plot.X(Math.sqrt(v));
        plot.add("path", { d: `M${x} 6V${plot.bottom}`, class: "grid" });
        plot.text(x, height - 6, `${v * 100}%`, { anchor: "middle" });
      }
      const gap = (plot.bottom - 14) / 8;
      rows.forEach(([point, prior, share], i) => {
        const y = 16 + i * gap;
        const from = plot.X(Math.sqrt(prior));
        const to = plot.X(Math.sqrt(share));
        plot.text(12, y + 4, vertex(point, facts.size), { label: true, strong: i === 0 });
        plot.add("path", { d: `M${from} ${y}H${to}`, stroke: share > prior ? marks.blue : muted, "stroke-width": 2 });
        plot.add("circle", { cx: from, cy: y, r: 4, fill: panel, stroke: muted, "stroke-width": 2 });
        plot.add("circle", { cx: to, cy: y, r: 5, fill: marks.blue });
      });
      this.svg.setAttribute("aria-label", `${this.title}: ${rows.map((r) => `${vertex(r[0], facts.size)} ${Math.round(r[1] * 100)} to ${Math.round(r[2] * 100)} %`).join(", ")}`);
    });
  }
}

/** Points that each move lost. */
export class LossChart extends Chart {
  constructor(view, send) {
    super("Points lost, by move", "", "A bar for each move that was judged.");
    this.send = send;
  }

  show(facts, theme) {
    const { line } = facts;
    const any = line.lost.some((v) => v !== null);
    this.renew([line.lost, line.colours, line.here], theme, any, (width, height, { marks, text, panel, primary }) => {
      this.legend.replaceChildren(mark("circle", text), "Black", mark("ring", text), "White");
      const last = Math.max(10, line.lost.length - 1);
      const high = Math.max(4, ...line.lost.map((v) => (v ?? 0) / 10)) * 1.12;
      const plot = new Plot(this.svg, width, height, { x: [0.2, last + 0.8], y: [0, high], margin: [10, 12, 22, 32] });
      plot.rows(ticks(high, 4).filter((v) => v < high));
      plot.columns(ticks(last, 5).filter((v) => v > 0 && v <= last));
      const wide = Math.min(18, ((plot.right - plot.left) / last) * 0.68);
      line.lost.forEach((tenths, i) => {
        if (tenths === null) return;
        const points = Math.max(0, tenths / 10);
        const bar = plot.add("rect", {
          x: plot.X(i) - wide / 2, y: plot.Y(points), width: wide, height: Math.max(1.5, plot.Y(0) - plot.Y(points)), rx: 1,
          fill: points > 2 ? marks.vermilion : points > 0.5 ? marks.orange : marks.green, class: "bar-hit",
          stroke: i === line.here ? primary : "none", "stroke-width": 1.5,
        }, svg("title"));
        bar.firstChild.textContent = `move ${line.numbers[i]}: ${signed(tenths / 10, 1)} points`;
        bar.addEventListener("click", () => this.send("goto", { node: line.nodes[i] }));
        if (points > 1) plot.add("circle", { cx: plot.X(i), cy: plot.Y(points) - 6, r: 3, fill: line.colours[i] > 0 ? text : panel, stroke: text, "stroke-width": 1.4 });
      });
      this.svg.setAttribute("aria-label", `${this.title}: ${line.lost.filter((v) => v !== null).length} moves judged, most lost ${(Math.max(...line.lost.map((v) => v ?? 0)) / 10).toFixed(1)} points`);
    });
  }
}
