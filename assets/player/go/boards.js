/** A row of small boards on which finished games are played again. */

import { element, setText } from "../dom.js";
import { mounting } from "../mounting.js";
import { adoptSheet, sheetOf } from "../sheet.js";
import { applyTheme, hostOf, themeName } from "../theme.js";
import { Geometry, drawStones, drawWood, readStones } from "./goban.js";
import { drawLast } from "./overlays.js";

const MOVE_MS = 500;
/** Frames for which the end of a game stays. */
const END_FRAMES = 8;
const CSS = `
.boards { display: grid; grid-template-columns: repeat(auto-fit, minmax(132px, 1fr)); gap: 12px; color: var(--text); font-variant-numeric: tabular-nums; }
.boards figure { margin: 0; min-width: 0; }
.boards canvas { display: block; width: 100%; aspect-ratio: 1; }
.boards .share { height: 6px; border-radius: 2px; margin-top: 6px; background: color-mix(in srgb, var(--muted) 35%, transparent); overflow: hidden; }
.boards .share i { display: block; height: 100%; background: var(--blue); transform-origin: left; }
.boards figcaption { display: flex; justify-content: space-between; gap: 6px; font-size: 12px; line-height: 16px; margin-top: 4px; white-space: nowrap; }
.boards figcaption span { color: var(--muted); overflow: hidden; text-overflow: ellipsis; }
`;
const sheet = sheetOf(CSS);

class Boards {
  constructor(parent, data) {
    this.host = hostOf(parent);
    this.root = element("div.atrium.boards");
    this.figures = [];
    parent.append(this.root);
    adoptSheet(this.root, sheet);
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(this.root);
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.frame = 0;
    this.timer = setInterval(() => {
      if (document.hidden) return;
      this.frame += 1;
      this.draw();
    }, MOVE_MS);
    this.update(data);
  }

  update({ items }) {
    const key = JSON.stringify(items.map((item) => [item.title, item.frames.length]));
    if (key !== this.key) this.frame = 0;
    this.key = key;
    this.items = items;
    while (this.figures.length > items.length) this.figures.pop().node.remove();
    while (this.figures.length < items.length) {
      const canvas = element("canvas", { role: "img" });
      const bar = element("i");
      const share = element("div.share", {}, bar);
      const title = element("b");
      const note = element("span");
      const node = element("figure", {}, canvas, share, element("figcaption", {}, title, note));
      this.figures.push({ node, canvas, bar, title, note });
      this.root.append(node);
    }
    this.draw();
  }

  draw() {
    this.theme = applyTheme(this.root, themeName(this.host));
    (this.items ?? []).forEach((item, i) => {
      const { canvas, bar, title, note } = this.figures[i];
      setText(title, item.title);
      const last = item.frames.length - 1;
      const at = this.still.matches ? last : Math.min(last, this.frame % (last + END_FRAMES));
      setText(note, at < last ? `move ${at}` : item.note);
      bar.style.transform = `scaleX(${at / Math.max(1, last)})`;
      canvas.setAttribute("aria-label", `Game ${item.title}, ${item.note}`);
      const side = Math.floor(canvas.clientWidth);
      if (side < 20) return;
      const scale = Math.max(1, devicePixelRatio);
      canvas.width = canvas.height = Math.round(side * scale);
      const g = canvas.getContext("2d");
      g.scale(scale, scale);
      const geometry = new Geometry(item.size, side);
      geometry.named = false;
      const stones = readStones(item.frames[at]);
      drawWood(g, geometry, this.theme);
      drawStones(g, geometry, stones);
      drawLast(g, geometry, this.theme, stones, item.last[at]);
    });
  }

  close() {
    clearInterval(this.timer);
    this.sizes.disconnect();
    this.root.remove();
  }
}

/** Data: {items: {size: number, frames: string[], last: number[], title: string, note: string}[]}. */
export default mounting(Boards);
