/** The cards below the pictures: latency by stage, drives of this run, speed, detection, depth. */

import { element, fillList, setText, svg } from "../dom.js";
import { CLASSES } from "./names.js";
import { MARKS } from "./timeline.js";

const SPAN_S = 60;
const TICK_S = 0.1;
const MOST_EVENTS = 30;
const STAGES = [
  ["render", "render", "muted"], ["network", "network × 8", "blue"], ["decode", "decode", "yellow"], ["lines", "lines", "green"], ["fuse", "fuse", "purple"],
  ["track", "track", "orange"], ["forecast", "forecast", "vermilion"], ["plan", "plan", "blue"], ["control", "control", "muted"],
];
/** A tick of simulated time at 1×, ms. */
const BUDGET_MS = 100;

const card = (title, note, ...rest) => {
  const side = element("span.muted", {}, note);
  const node = element("section.pc-card.chart-card", { "aria-label": title }, element("header", {}, element("h2", {}, title), element("span.grow"), side), ...rest);
  return { node, side };
};
const chart = () => watched(element("div.chart-box"));

/** Boxes that are in sight: nobody pays for charts below the edge of the window. */
const inSight = new WeakSet();
const sight = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) inSight.add(target);
    else inSight.delete(target);
  }
}, { rootMargin: "150px" });

function watched(box) {
  sight.observe(box);
  return box;
}

const drawn = new WeakMap();

/** Put a drawing into a box, unless it is there: the browser would lay it out again. */
function put(box, drawing) {
  if (drawn.get(box) === drawing) return;
  drawn.set(box, drawing);
  box.innerHTML = drawing;
}

export class LatencyCard {
  constructor() {
    this.bar = watched(element("div.latency-bar"));
    this.legend = element("div.latency-legend");
    Object.assign(this, card("Latency of this tick", "", this.bar, this.legend));
  }

  show(picture, theme, facts) {
    if (!picture || !inSight.has(this.bar)) return;
    const total = STAGES.reduce((sum, [key]) => sum + (facts.times[key] ?? 0), 0);
    const full = Math.max(total, BUDGET_MS);
    setText(this.side, `${total.toFixed(1)} ms · real time needs ${BUDGET_MS} ms (10 Hz)`);
    const colour = (token) => (token === "muted" ? theme.tokens.muted : theme.tokens.marks[token]);
    fillList(this.bar, STAGES, () => element("i", {}, element("span")), (node, [key, label, token]) => {
      const ms = facts.times[key] ?? 0;
      node.style.width = `${(100 * ms) / full}%`;
      node.style.background = colour(token);
      node.firstChild.style.color = theme.name === "light" ? "#FFFFFF" : "#0D131A";
      setText(node.firstChild, ms / full > 0.14 ? `${label} ${ms.toFixed(1)}` : "");
    });
    fillList(this.legend, STAGES, () => element("span", {}, element("i.sq"), element("b"), element("em")), (node, [key, label, token]) => {
      node.children[0].style.background = colour(token);
      setText(node.children[1], label);
      setText(node.children[2], `${(facts.times[key] ?? 0).toFixed(1)} ms`);
    });
  }
}

export class DrivesCard {
  constructor() {
    this.rows = element("tbody");
    this.table = element("table", {}, element("thead", {}, element("tr", {}, ...["Drive", "Score", "Way", "Comfort", "Infractions"].map((t, i) => element(i ? "th.num" : "th", { scope: "col" }, t)))), this.rows);
    Object.assign(this, card("Drives of this run", "driving score, Bench2Drive", element("div.table-box", {}, this.table)));
  }

  show(picture, theme, facts, hub) {
    const now = facts.drive && { drive: facts.drive.number, now: true, ...facts.drive };
    const rows = [...(now ? [now] : []), ...(hub.summary?.finished ?? []).toReversed().filter((d) => d.drive !== now?.drive)].slice(0, 4);
    fillList(this.rows, rows, () => element("tr", {}, element("td"), ...Array.from({ length: 4 }, () => element("td.num"))), (node, row) => {
      const what = Object.entries(Object.groupBy(row.infractions, (i) => i.what)).map(([k, v]) => `${v.length} ${k}`).join(", ");
      [`${row.drive}${row.now ? ", now" : ""}`, row.driving_score.toFixed(1), `${Math.round(100 * row.completion)} %`, `${Math.round(100 * row.comfort)} %`, what || "none"]
        .forEach((text, i) => setText(node.children[i], text));
    });
  }
}

/** Axes of a small chart as SVG text. */
function frame(w, h, m, xs, ys, x, y, names) {
  const lines = ys.map((v) => `<path class="grid" d="M${m[3]} ${y(v).toFixed(1)}H${w - m[1]}"/><text class="axis" x="${m[3] - 6}" y="${(y(v) + 4).toFixed(1)}" text-anchor="end">${names.y(v)}</text>`);
  const ticks = xs.map((v, i) => `<text class="axis" x="${x(v).toFixed(1)}" y="${h - 4}" text-anchor="${i === xs.length - 1 ? "end" : "middle"}">${names.x(v)}</text>`);
  return lines.join("") + ticks.join("");
}

function path(points) {
  let pen = false;
  return points.map(([x, y]) => {
    if (x === null || y === null) {
      pen = false;
      return "";
    }
    const out = `${pen ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = true;
    return out;
  }).join("");
}

export class SpeedChart {
  constructor() {
    this.box = chart();
    Object.assign(this, card("Speed and wish", "km/h, dashed: wanted", this.box));
  }

  show(picture, theme, facts, hub) {
    if (!inSight.has(this.box)) return;
    const minute = hub.summary?.minute;
    const { clientWidth: w, clientHeight: h } = this.box;
    if (!minute?.step.length || !w) return;
    const end = minute.step.at(-1);
    const m = [8, 14, 22, 34];
    const top = Math.max(45, ...minute.speed, ...minute.target) > 45 ? 75 : 45;
    const x = (s) => m[3] + ((s + SPAN_S) / SPAN_S) * (w - m[1] - m[3]);
    const y = (v) => h - m[2] - (v / top) * (h - m[0] - m[2]);
    const at = (s) => x(Math.max(-SPAN_S, (s - end) / 10));
    const inside = (i) => end - minute.step[i] <= 10 * SPAN_S;
    const line = (values) => path(minute.step.map((s, i) => (inside(i) ? [at(s), y(values[i])] : [null, null])));
    put(this.box, `<svg width="${w}" height="${h}">${frame(w, h, m, [-60, -40, -20, 0], [0, top / 3, (2 * top) / 3, top], x, y, { x: (v) => (v ? `−${-v} s` : "now"), y: (v) => Math.round(v) })}
      <path class="aim" d="${line(minute.target)}"/><path class="series" stroke="${theme.tokens.marks.blue}" d="${line(minute.speed)}"/></svg>`);
  }
}

export class DetectionChart {
  constructor() {
    this.box = chart();
    Object.assign(this, card("AP50 by class", "", this.box));
  }

  show(picture, theme, facts) {
    if (!inSight.has(this.box)) return;
    const quality = facts.quality;
    const { clientWidth: w, clientHeight: h } = this.box;
    if (!quality || !w) return;
    setText(this.side, `latest ${quality.samples} samples`);
    const rows = CLASSES.map((c, i) => [c, i]).filter(([, i]) => quality.by_class[["car", "truck", "cyclist", "pedestrian", "cone", "traffic light", "sign"][i]] !== undefined);
    if (!rows.length) {
      put(this.box, '<p class="pc-empty">Measured once a second of the drive.</p>');
      return;
    }
    const x = (v) => 84 + v * (w - 84 - 46);
    const step = Math.min(28, (h - 30) / rows.length);
    const tokens = ["blue", "purple", "yellow", "orange", "vermilion"];
    let out = [0, 0.25, 0.5, 0.75, 1].map((v) => `<path class="grid" d="M${x(v)} 4V${h - 22}"/><text class="axis" x="${x(v)}" y="${h - 6}" text-anchor="middle">${v}</text>`).join("");
    rows.forEach(([c, i], k) => {
      const name = ["car", "truck", "cyclist", "pedestrian", "cone", "traffic light", "sign"][i];
      const v = quality.by_class[name];
      const y = 14 + k * step;
      const colour = theme.tokens.marks[tokens[i]] ?? theme.tokens.muted;
      out += `<text class="label" x="12" y="${y + 4}">${name}</text><path d="M${x(0)} ${y}H${x(v)}" stroke="${colour}" stroke-width="3"/><circle cx="${x(v)}" cy="${y}" r="4.5" fill="${colour}"/><text class="label" x="${x(v) + 9}" y="${y + 4}">${v.toFixed(2)}</text>`;
    });
    put(this.box, `<svg width="${w}" height="${h}">${out}</svg>`);
  }
}

export class DepthChart {
  constructor() {
    this.box = chart();
    Object.assign(this, card("Depth error by range", "AbsRel, this drive", this.box));
  }

  show(picture, theme, facts) {
    if (!inSight.has(this.box)) return;
    const quality = facts.quality;
    const { clientWidth: w, clientHeight: h } = this.box;
    if (!quality || !w) return;
    const known = quality.depth.filter((v) => v !== null);
    if (!known.length) {
      put(this.box, '<p class="pc-empty">Measured once a second of the drive.</p>');
      return;
    }
    const top = Math.max(0.2, Math.ceil(Math.max(...known) * 10) / 10);
    const m = [8, 14, 22, 40];
    const x = (v) => m[3] + (v / 80) * (w - m[1] - m[3]);
    const y = (v) => h - m[2] - (v / top) * (h - m[0] - m[2]);
    const points = quality.depth.map((v, i) => [x((i + 0.5) * quality.range_m), v === null ? null : y(v)]);
    const colour = theme.tokens.marks.purple;
    put(this.box, `<svg width="${w}" height="${h}">${frame(w, h, m, [0, 20, 40, 60, 80], [0, top / 4, top / 2, (3 * top) / 4, top], x, y, { x: (v) => `${v} m`, y: (v) => v.toFixed(2) })}
      <path class="series" stroke="${colour}" d="${path(points)}"/>${points.filter((p) => p[1] !== null).map((p) => `<circle cx="${p[0]}" cy="${p[1]}" r="3.5" fill="${colour}"/>`).join("")}</svg>`);
  }
}

/** Events of this run, the newest first; a click looks back at one. */
export class EventsCard {
  /** @param {(step: number) => void} seek */
  constructor(seek) {
    this.seek = seek;
    this.list = element("div.event-list");
    this.empty = element("p.pc-empty", {}, "Nothing yet: triggers, hard braking, infractions and lost cameras are noted here.");
    this.box = watched(element("div.chart-box.event-box", {}, this.empty, this.list));
    Object.assign(this, card("Noticed in this run", "", this.box));
  }

  show(picture, theme, facts, hub) {
    if (!inSight.has(this.box)) return;
    const events = hub.events.filter((e) => MARKS[e.kind]).slice(-MOST_EVENTS).reverse();
    const triggers = hub.events.filter((e) => e.kind === "trigger").length;
    setText(this.side, triggers ? `${triggers} ${triggers === 1 ? "trigger" : "triggers"} fired` : "");
    this.empty.hidden = events.length > 0;
    const { first = 0, step: now = 0 } = hub.status ?? {};
    const row = () => element("button.event-row", { type: "button", onclick: (event) => this.seek(Number(event.currentTarget.dataset.step)) }, svg("svg", { viewBox: "-6 -6 12 12", class: "mark" }, svg("path", { "fill-rule": "evenodd" })), element("span"), element("em"));
    fillList(this.list, events, row, (node, { step, kind, text }) => {
      const [, shape, token] = MARKS[kind];
      node.dataset.step = step;
      node.disabled = step < first;
      node.title = node.disabled ? `${text} (no longer kept)` : `Look back at: ${text}`;
      const mark = node.firstChild.firstChild;
      mark.setAttribute("d", shape);
      mark.setAttribute("fill", theme.tokens.marks[token]);
      setText(node.children[1], text);
      setText(node.children[2], `−${((now - step) * TICK_S).toFixed(0)} s`);
    });
  }
}
