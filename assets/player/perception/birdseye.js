/** The surroundings from above: prediction filled, truth outlined, the planned path, what no camera sees. */

import { element } from "../dom.js";
import { alpha } from "../theme.js";
import { CLASSES } from "./names.js";
import { ground, ribbon } from "./project.js";

const PX_A_METRE = 6.5;
/** Where the car stands, share of the height. */
const EGO_AT = 0.8;
const RINGS_M = [20, 40, 60];
const EGO = { length: 4.7, width: 1.9, middle: 1.42 };
const REACH_M = 90;
const LINE_LEAST = 8;

export class BirdsEye {
  /** @param {import("./view.js").Wish} wish */
  constructor(wish) {
    this.wish = wish;
    this.views = [];
    this.road = [];
    this.canvas = element("canvas.birdseye", { role: "img", "aria-label": "Bird’s-eye view" });
    this.context = this.canvas.getContext("2d");
    this.holder = element("div.bev-box", {}, this.canvas);
    const item = (cls, text) => element("span", {}, element(`i.${cls}`), text);
    this.node = element("section.pc-card.bev-card", { "aria-label": "Bird’s-eye view" }, element("header", {}, element("h2", {}, "Bird’s-eye view")),
      this.holder, element("footer.bev-legend", {}, item("key-found", "prediction"), item("key-truth", "truth"), item("key-path", "path")));
    this.canvas.addEventListener("click", (event) => this.#click(event));
  }

  /** The town's lines in the world frame: kind, N, N points, …. */
  takeRoad(values) {
    this.road = [];
    for (let at = 0; at + 1 < values.length;) {
      const count = values[at + 1];
      this.road.push({ kind: values[at], xy: values.subarray(at + 2, at + 2 + 2 * count) });
      at += 2 + 2 * count;
    }
  }

  #place(x, y) {
    return [this.width / 2 - y * PX_A_METRE, this.height * EGO_AT - x * PX_A_METRE];
  }

  #click(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    const y = (this.width / 2 - (event.clientX - left)) / PX_A_METRE;
    const x = (this.height * EGO_AT - (event.clientY - top)) / PX_A_METRE;
    let best = -1;
    let least = 3;
    for (const track of this.tracks ?? []) {
      const away = Math.hypot(track.at[0] / 100 - x, track.at[1] / 100 - y);
      if (away < least) [best, least] = [track.id, away];
    }
    this.wish.set({ selected: best, box: null });
  }

  show(picture, theme, facts) {
    const { clientWidth: width, clientHeight: height } = this.holder;
    if (!width || !height) return;
    const ratio = Math.min(2, devicePixelRatio || 1);
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
    }
    Object.assign(this, { width, height });
    const c = this.context;
    const { tokens } = theme;
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.fillStyle = tokens.ground;
    c.fillRect(0, 0, width, height);
    if (!picture) return;
    this.tracks = facts.tracks;
    this.#unseen(c, facts, tokens);
    this.#truthRoad(c, facts.truth.pose, tokens);
    if (this.wish.lanes) this.#lines(c, facts.lines, theme);
    if (this.wish.rejected) this.#rejected(c, facts.plan.others, tokens);
    if (!facts.manual) this.#path(c, facts.plan.at, tokens);
    this.#rings(c, theme);
    for (const track of facts.tracks) this.#track(c, track, theme);
    this.#truth(c, facts.truth.actors, tokens);
    this.#ego(c, tokens);
  }

  #trace(c, points) {
    c.beginPath();
    points.forEach(([x, y], i) => {
      const p = this.#place(x, y);
      if (i) c.lineTo(...p);
      else c.moveTo(...p);
    });
  }

  /** What a lost camera alone would see goes grey. */
  #unseen(c, facts, tokens) {
    this.views.forEach((view, i) => {
      if (facts.views[i].on) return;
      const [x, y] = this.#place(view.t[0], view.t[1]);
      c.beginPath();
      c.moveTo(x, y);
      c.arc(x, y, REACH_M * PX_A_METRE, -view.heading - view.half - Math.PI / 2, -view.heading + view.half - Math.PI / 2);
      c.closePath();
      c.fillStyle = alpha(tokens.muted, 0.22);
      c.fill();
    });
  }

  #truthRoad(c, [x0, y0, yaw], tokens) {
    const [cos, sin] = [Math.cos(yaw), Math.sin(yaw)];
    c.lineWidth = 1;
    for (const { kind, xy } of this.road) {
      c.strokeStyle = kind === 3 ? alpha(tokens.muted, 0.75) : alpha(tokens.muted, 0.4);
      c.setLineDash(kind === 1 ? [7, 6] : []);
      c.beginPath();
      let pen = false;
      for (let i = 0; i < xy.length; i += 2) {
        const [dx, dy] = [xy[i] - x0, xy[i + 1] - y0];
        const [x, y] = [cos * dx + sin * dy, cos * dy - sin * dx];
        if (Math.abs(x) > REACH_M || Math.abs(y) > 40) {
          pen = false;
          continue;
        }
        const p = this.#place(x, y);
        if (pen) c.lineTo(...p);
        else c.moveTo(...p);
        pen = true;
      }
      c.stroke();
    }
    c.setLineDash([]);
  }

  #lines(c, lines, { tokens, name }) {
    for (const { kind, at, score } of lines) {
      if (score < LINE_LEAST) continue;
      c.strokeStyle = kind === 2 ? tokens.marks.orange : name === "dark" ? "#E6EDF5" : "#14202E";
      c.globalAlpha = Math.min(1, 0.3 + score / 130);
      c.lineWidth = kind === 3 ? 1.6 : 2;
      this.#trace(c, ground(at));
      c.stroke();
    }
    c.globalAlpha = 1;
  }

  #rejected(c, others, tokens) {
    c.lineWidth = 1;
    for (const { at, hit } of others) {
      c.strokeStyle = hit ? tokens.marks.vermilion : alpha(tokens.muted, 0.8);
      c.setLineDash(hit ? [3, 3] : []);
      this.#trace(c, ground(at));
      c.stroke();
    }
    c.setLineDash([]);
  }

  #path(c, at, tokens) {
    const way = ground(at);
    this.#trace(c, ribbon(way, 1.6));
    c.closePath();
    c.fillStyle = alpha(tokens.primary, 0.55);
    c.fill();
  }

  #rings(c, theme) {
    c.strokeStyle = alpha(theme.tokens.muted, 0.28);
    c.lineWidth = 1;
    c.font = `11px ${theme.font}`;
    c.textAlign = "right";
    c.textBaseline = "middle";
    for (const ring of RINGS_M) {
      const [x, y] = this.#place(0, 0);
      c.beginPath();
      c.arc(x, y, ring * PX_A_METRE, 0, 7);
      c.stroke();
      if (y - ring * PX_A_METRE < 12) continue; // its label would be cut off
      c.fillStyle = alpha(theme.tokens.ground, 0.85);
      c.fillRect(this.width - 36, y - ring * PX_A_METRE - 8, 32, 16);
      c.fillStyle = theme.tokens.muted;
      c.fillText(`${ring} m`, this.width - 6, y - ring * PX_A_METRE);
    }
  }

  #box(c, x, y, yaw, length, width) {
    const [px, py] = this.#place(x, y);
    c.save();
    c.translate(px, py);
    c.rotate(-yaw);
    c.beginPath();
    c.rect((-width / 2) * PX_A_METRE, (-length / 2) * PX_A_METRE, width * PX_A_METRE, length * PX_A_METRE);
    c.restore();
  }

  #track(c, track, { tokens, name }) {
    const cls = CLASSES[track.cls];
    if (track.cls >= 5) return;
    const colour = [tokens.marks.blue, tokens.marks.purple, tokens.marks.yellow, tokens.marks.orange, tokens.marks.vermilion][track.cls] ?? cls.colour;
    const [x, y] = [track.at[0] / 100, track.at[1] / 100];
    const chosen = track.id === this.wish.selected;
    if (this.wish.predictions)
      for (const path of track.paths) {
        const share = path[0] / 100;
        c.globalAlpha = Math.min(1, 0.2 + share);
        c.strokeStyle = colour;
        c.lineWidth = 1 + 2.5 * share;
        c.setLineDash(share < 0.5 ? [4, 3] : []);
        this.#trace(c, [[x, y], ...ground(path, 1)]);
        c.stroke();
      }
    c.setLineDash([]);
    c.globalAlpha = this.wish.selected >= 0 && !chosen ? 0.55 : Math.max(0.5, Math.min(1, track.score / 70));
    c.fillStyle = colour;
    if (track.cls === 3 || track.cls === 4) {
      const [px, py] = this.#place(x, y);
      c.beginPath();
      c.arc(px, py, track.cls === 3 ? 3.4 : 2.6, 0, 7);
    } else this.#box(c, x, y, (track.yaw * Math.PI) / 180, Math.max(1.2, track.size[0] / 100), Math.max(0.5, track.size[1] / 100));
    c.fill();
    c.globalAlpha = 1;
    if (chosen) {
      c.strokeStyle = name === "dark" ? "#FFFFFF" : "#0B2036";
      c.lineWidth = 2.5;
      c.stroke();
    }
  }

  #truth(c, actors, tokens) {
    c.strokeStyle = tokens.text;
    c.lineWidth = 1;
    c.setLineDash([3, 2]);
    for (const [, kind, x, y, yaw, length, width] of actors) {
      if (kind === 3 || kind === 4) {
        const [px, py] = this.#place(x / 100, y / 100);
        c.beginPath();
        c.arc(px, py, 4.6, 0, 7);
      } else this.#box(c, x / 100, y / 100, (yaw * Math.PI) / 180, length / 100, width / 100);
      c.globalAlpha = this.wish.truth ? 0.95 : 0.5;
      c.stroke();
    }
    c.globalAlpha = 1;
    c.setLineDash([]);
  }

  #ego(c, tokens) {
    this.#box(c, EGO.middle, 0, 0, EGO.length, EGO.width);
    c.fillStyle = "#FFFFFF";
    c.fill();
    c.strokeStyle = tokens.text === "#E6EDF5" ? "#0D131A" : "#14202E";
    c.lineWidth = 1.2;
    c.stroke();
    const [x, y] = this.#place(EGO.middle + 1.2, 0);
    c.fillStyle = "#14202E";
    c.beginPath();
    c.moveTo(x, y - 4);
    c.lineTo(x + 3.6, y + 4);
    c.lineTo(x - 3.6, y + 4);
    c.fill();
  }
}
