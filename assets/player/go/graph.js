/** Win-rate and score by move; a click goes to the move. */

import { element, setText, svg } from "../dom.js";
import { lead, side, vertex } from "./names.js";
import { Plot, mark, ticks } from "./plot.js";

const MISTAKES_MARKED = 4;

export class WinGraph {
  constructor(view, send) {
    this.send = send;
    this.svg = svg("svg", { role: "img", tabindex: "0" });
    this.box = element("div.graph-box", {}, this.svg);
    this.legend = element("span.go-legend");
    this.node = element("section.go-card.graph-card", { "aria-label": "Win-rate and score" },
      element("header", {}, element("h2", {}, "Win-rate and score"), element("span.muted", {}, "click a move to go there"), element("span.grow"), this.legend),
      this.box);
    this.svg.addEventListener("click", (event) => this.#go(event));
    this.svg.addEventListener("pointermove", (event) => this.#point(this.#move(event)));
    this.svg.addEventListener("pointerleave", () => this.#point(null));
    this.svg.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const line = this.facts?.line;
      if (!by || !line) return;
      const node = line.nodes[line.here + by];
      if (node !== undefined) this.send("goto", { node });
      event.preventDefault();
      event.stopPropagation();
    });
  }

  #move(event) {
    if (!this.plot) return null;
    const { left, width } = this.svg.getBoundingClientRect();
    const x = ((event.clientX - left) / width) * this.width;
    const part = (x - this.plot.left) / (this.plot.right - this.plot.left);
    const i = Math.round(part * this.span);
    return i >= 0 && i < this.facts.line.nodes.length && part > -0.02 ? i : null;
  }

  #go(event) {
    const i = this.#move(event);
    if (i !== null) this.send("goto", { node: this.facts.line.nodes[i] });
  }

  #point(i) {
    if (i === this.pointed) return;
    this.pointed = i;
    this.key = null;
    if (this.facts) this.show(this.facts, this.theme);
  }

  show(facts, theme) {
    this.facts = facts;
    this.theme = theme;
    const { line } = facts;
    const width = this.box.clientWidth;
    const height = this.box.clientHeight;
    if (width < 80 || height < 60) return;
    const key = JSON.stringify([line, facts.mistakes, width, height, theme.name, this.pointed]);
    if (key === this.key) return;
    this.key = key;
    this.width = width;
    const { marks, muted, text, panel } = theme.tokens;
    if (this.dressed !== theme.name) {
      this.dressed = theme.name;
      this.legend.replaceChildren(mark("line", marks.blue), "Black wins, %", mark("dash", marks.orange), "score lead", mark("down", marks.vermilion), "mistake");
    }
    const moves = line.nodes.length - 1;
    this.span = Math.max(moves, 10);
    const high = Math.max(8, Math.ceil(Math.max(...line.score.map((s) => Math.abs(s ?? 0))) / 40) * 4);
    const plot = (this.plot = new Plot(this.svg, width, height, { x: [0, this.span], y: [0, 100], margin: [8, 46, 22, 36] }));
    const scoreY = (s) => 50 + (s / high) * 50;
    plot.rows([0, 25, 50, 75, 100]);
    plot.columns(ticks(this.span, 8).filter((v) => Number.isInteger(v) && v <= this.span));
    plot.add("path", { d: `M${plot.left} ${plot.Y(50)}H${plot.right}`, stroke: muted, "stroke-opacity": 0.6 });
    for (const v of [-high, 0, high]) plot.text(plot.right + 6, plot.Y(scoreY(v)) + 4, v === 0 ? "0" : lead(v, 0));
    plot.line(line.score.map((s, i) => [i, s === null ? null : scoreY(s / 10)]), marks.orange, { dash: "5 4" });
    plot.line(line.win.map((w, i) => [i, w === null ? null : w / 10]), marks.blue, { width: 2 });
    if (moves <= 60 || line.win.filter((w) => w !== null).length < 3)
      line.win.forEach((w, i) => { if (w !== null) plot.add("circle", { cx: plot.X(i), cy: plot.Y(w / 10), r: 1.8, fill: marks.blue }); });
    const place = new Map(line.nodes.map((node, i) => [node, i]));
    for (const m of facts.mistakes.slice(0, MISTAKES_MARKED)) {
      const i = place.get(m.node);
      if (i === undefined || line.win[i] === null) continue;
      const y = plot.Y(line.win[i] / 10) + (m.colour > 0 ? -11 : 11);
      plot.mark(m.colour > 0 ? "down" : "up", marks.vermilion, plot.X(i), Math.max(plot.top + 4, Math.min(plot.bottom - 6, y)));
    }
    const at = this.pointed ?? line.here;
    const x = plot.X(at);
    plot.add("path", { d: `M${x} 4V${plot.bottom}`, stroke: text, "stroke-width": 1.4, "stroke-dasharray": this.pointed === null || this.pointed === undefined ? "" : "3 3" });
    const win = line.win[at];
    if (win !== null) plot.add("circle", { cx: x, cy: plot.Y(win / 10), r: 4, fill: marks.blue, stroke: panel, "stroke-width": 2 });
    const played = at > 0 && line.moves[at] !== null ? ` ${side(line.colours[at])} ${vertex(line.moves[at], facts.size)}` : "";
    const words = `move ${line.numbers[at]}${played} · ${win === null ? "not searched yet" : `${(win / 10).toFixed(1)} % · ${lead(line.score[at] / 10)}`}`;
    const right = x > (plot.left + plot.right) / 2;
    const label = plot.add("text", { x: x + (right ? -8 : 8), y: 18, "text-anchor": right ? "end" : "start", class: "label strong halo" });
    setText(label, words);
    this.svg.setAttribute("aria-label", `Win-rate graph, ${words}. Arrow keys walk the game.`);
  }
}
