/** The search tree while it grows: ribbons as wide as visits, coloured by value. */

import { element, grouped, setText } from "../dom.js";
import { alpha, mix } from "../theme.js";
import { vertex } from "./names.js";
import { mark } from "./plot.js";
import { NODE_PX, PLIES, branches, hit, place, ribbon } from "./ribbons.js";

/** Difference of value that has the full colour. */
const FULL_COLOUR = 0.09;
const LABEL_FROM_PX = 11.5;

export class TreeCard {
  constructor(view, send) {
    this.view = view;
    this.send = send;
    this.all = [];
    this.canvas = element("canvas.tree-canvas", { tabindex: "0", role: "img" });
    this.g = this.canvas.getContext("2d");
    this.box = element("div.tree-box", {}, this.canvas, element("p.go-empty", {}, "The explored tree grows here while the network thinks."));
    this.note = element("span.muted");
    this.slider = element("input.tree-slider", { type: "range", min: "0", max: "1000", value: "1000", "aria-label": "Growth: simulations shown" });
    this.count = element("b");
    this.scale = element("div.tree-legend");
    this.node = element("section.go-card.tree-card", { "aria-label": "Search tree" },
      element("header", {}, element("h2", {}, "Search tree"), element("span.grow"), this.note), this.box,
      element("label.tree-growth", {}, element("span.muted", {}, "Growth"), this.slider, this.count), this.scale);
    this.slider.addEventListener("input", () => this.#scrub());
    this.canvas.addEventListener("pointermove", (event) => this.#over(hit(this.all, event.offsetX, event.offsetY)));
    this.canvas.addEventListener("pointerleave", () => this.#over(null));
    this.canvas.addEventListener("click", (event) => this.#enter(hit(this.all, event.offsetX, event.offsetY)));
    this.canvas.addEventListener("keydown", (event) => this.#key(event));
    this.canvas.addEventListener("blur", () => this.#over(null));
  }

  #scrub() {
    const part = Number(this.slider.value) / 1000;
    // visits of a search span three decades, and the early ones change most
    this.view.set({ growth: part >= 1 ? null : Math.max(1, Math.round(this.latest ** part)) });
  }

  #over(branch) {
    if (branch === this.under) return;
    this.under = branch;
    this.canvas.style.cursor = branch ? "pointer" : "";
    this.canvas.title = branch ? `${this.#way(branch).map((p) => vertex(p, this.facts.size)).join(" ")}: ${grouped(branch.visits)} visits, Black ${(branch.win * 100).toFixed(1)} %. Click to go there.` : "";
    this.#paint();
  }

  #key(event) {
    const root = this.all[0];
    if (!root) return;
    const at = this.under ?? root;
    const siblings = at.parent?.children ?? [];
    const most = (list) => list.reduce((a, b) => (b.visits > (a?.visits ?? -1) ? b : a), null);
    const step = (by) => siblings[siblings.indexOf(at) + by] ?? at;
    const to = { ArrowRight: () => most(at.children) ?? at, ArrowLeft: () => at.parent ?? at, ArrowUp: () => step(-1), ArrowDown: () => step(1) }[event.key];
    if (to) this.#over(to() === root ? null : to());
    else if (event.key === "Enter" && this.under) this.#enter(this.under);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #way(branch) {
    const out = [];
    for (let b = branch; b.parent; b = b.parent) out.unshift(b.move);
    return out;
  }

  #enter(branch) {
    if (branch) this.send("explore", { moves: this.#way(branch) });
  }

  show(facts, theme, latest) {
    this.latest = Math.max(1, latest);
    this.facts = facts;
    this.theme = theme;
    const { tree, search } = facts;
    const key = `${facts.position} ${search.visits} ${theme.name} ${this.box.clientWidth} ${this.view.growth}`;
    if (key === this.key) return;
    this.key = key;
    if (this.view.growth === null && this.slider.value !== "1000") this.slider.value = "1000";
    setText(this.count, grouped(search.visits));
    setText(this.note, search.depth ? `width = visits, ${Math.min(PLIES, search.depth)} of ${search.depth} plies` : "width = visits");
    if (this.dressed !== theme.name) this.#legend();
    this.box.classList.toggle("empty", !tree || tree.move.length < 2);
    const at = this.under ? this.#way(this.under).join() : null;
    this.all = tree ? branches(tree) : [];
    this.newest = (tree?.newest ?? []).map((i) => this.all[i]);
    this.fresh = (tree?.leaves ?? []).map((i) => this.all[i]);
    this.under = at === null ? null : (this.all.find((b) => b.parent && this.#way(b).join() === at) ?? null);
    const width = this.box.clientWidth;
    const height = this.box.clientHeight;
    if (this.all.length && width > 60 && height > 60) place(this.all, width, height);
    this.#paint();
  }

  #legend() {
    const c = this.theme.tokens.go;
    this.dressed = this.theme.name;
    const ramp = element("i.ramp-line");
    ramp.style.background = `linear-gradient(90deg, ${c.treeWhite}, ${c.treeMid}, ${c.treeBlack})`;
    const { text } = this.theme.tokens;
    this.scale.replaceChildren("White", ramp, "Black ± 9 %", element("span.grow"),
      mark("line", text), "newest", mark("ring", text, 9), "last batch");
  }

  #colour(win) {
    const c = this.theme.tokens.go;
    const lean = Math.max(-1, Math.min(1, (win - this.all[0].win) / FULL_COLOUR));
    return mix(c.treeMid, lean > 0 ? c.treeBlack : c.treeWhite, Math.abs(lean));
  }

  #paint() {
    const { canvas, g, all, theme } = this;
    const width = this.box.clientWidth;
    const height = this.box.clientHeight;
    if (!theme || width < 60 || height < 60) return;
    const scale = Math.max(1, devicePixelRatio);
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    g.setTransform(scale, 0, 0, scale, 0, 0);
    g.clearRect(0, 0, width, height);
    canvas.setAttribute("aria-label", all.length > 1
      ? `Search tree: ${all[0].children.length} moves, most visited ${vertex(all[0].children.reduce((a, b) => (b.visits > a.visits ? b : a)).move, this.facts.size)}`
      : "Search tree: empty");
    if (all.length < 2 || all[0].x === undefined) return;
    const { tokens, font } = theme;
    for (const b of all) {
      if (!b.parent) continue;
      g.fillStyle = alpha(this.#colour(b.win), b.depth === 1 ? 0.72 : 0.64);
      ribbon(g, b);
      g.fill();
    }
    for (const b of all) {
      g.fillStyle = this.#colour(b.win);
      g.fillRect(b.x, b.y, NODE_PX, b.height);
      if (b.children.length || !b.parent) continue;
      const fresh = this.fresh.includes(b);
      g.beginPath();
      g.arc(b.x + NODE_PX + 3.5, b.y + b.height / 2, fresh ? 3 : 1.5, 0, 7);
      g.fillStyle = alpha(tokens.muted, 0.9);
      g.strokeStyle = tokens.text;
      g.lineWidth = 1.4;
      if (fresh) g.stroke();
      else g.fill();
    }
    this.#path(this.newest);
    if (this.under) {
      const way = [];
      for (let b = this.under; b; b = b.parent) way.unshift(b);
      this.#path(way, tokens.primary, 2.4);
    }
    g.textAlign = "left";
    g.textBaseline = "middle";
    for (const b of all) {
      if (!b.parent || (b.height <= LABEL_FROM_PX && b !== this.under)) continue;
      g.font = `600 ${b.height > 22 ? 12 : 11}px ${font}`;
      const name = vertex(b.move, this.facts.size);
      const wide = g.measureText(name).width + 8;
      const left = Math.min(b.x + 8, width - wide - 2);
      const y = b.y + b.height / 2;
      g.fillStyle = alpha(tokens.panel, 0.88);
      g.beginPath();
      g.roundRect(left, y - 8, wide, 16, 4);
      g.fill();
      g.fillStyle = tokens.text;
      g.fillText(name, left + 4, y + 0.5);
    }
  }

  #path(way, colour = this.theme.tokens.text, width = 1.4) {
    const { g } = this;
    const nodes = way.filter(Boolean);
    if (nodes.length < 2) return;
    g.strokeStyle = colour;
    g.lineWidth = width;
    g.beginPath();
    g.moveTo(nodes[0].x, nodes[0].y + nodes[0].height / 2);
    for (const b of nodes.slice(1)) {
      const left = b.parent.x + NODE_PX;
      const middle = (left + b.x) / 2;
      const start = b.from + b.fromHeight / 2;
      const end = b.y + b.height / 2;
      g.moveTo(left, start);
      g.bezierCurveTo(middle, start, middle, end, b.x, end);
      g.lineTo(b.x + NODE_PX, end);
    }
    g.stroke();
    const tip = nodes.at(-1);
    g.fillStyle = colour;
    g.beginPath();
    g.arc(tip.x + NODE_PX, tip.y + tip.height / 2, 3.4, 0, 7);
    g.fill();
  }

  /** What is drawn, as JSON. */
  json(facts) {
    const { tree } = facts;
    const nodes = tree.move.map((move, i) => ({
      id: i, parent: i ? tree.parent[i] : null, move: i ? vertex(move, facts.size) : null,
      visits: tree.visits[i], black_wins: tree.win[i] / 1000 }));
    return JSON.stringify({ size: facts.size, visits: facts.search.visits, nodes }, null, 1);
  }
}
