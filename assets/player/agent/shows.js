/** What a tool brought beside words: charts, tables, drawings, a run with a link to its page. */

import { element, svg } from "../dom.js";

const WIDTH = 520;
const HEIGHT = 200;
const PAD = { left: 46, right: 12, top: 10, bottom: 24 };
const COLOURS = ["var(--blue)", "var(--orange)", "var(--green)", "var(--purple)", "var(--vermilion)"];
const DASHES = ["", "6 3", "2 3", "8 3 2 3", "1 2"];

/** A figure in at most four digits. */
export function short(value) {
  if (typeof value !== "number") return value === null || value === undefined ? "–" : String(value);
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  const size = Math.abs(value);
  return size >= 1e4 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(4)));
}

/** What was paid; a model whose price nobody knows is not taken to cost nothing. */
export function dollars(amount, priced) {
  if (priced) return `$${amount.toFixed(4)}`;
  return amount > 0 ? `$${amount.toFixed(4)} + unknown price` : "unknown price";
}

function ticks(low, high, count) {
  const step = 10 ** Math.floor(Math.log10((high - low || 1) / count));
  const nice = [1, 2, 5, 10].map((m) => m * step).find((s) => (high - low) / s <= count) ?? 10 * step;
  const out = [];
  for (let v = Math.ceil(low / nice) * nice; v <= high + nice * 1e-9; v += nice) out.push(Number(v.toPrecision(12)));
  return out;
}

function extent(values) {
  const known = values.filter((v) => v !== null && Number.isFinite(v));
  if (!known.length) return [0, 1];
  let low = known.reduce((a, b) => Math.min(a, b));
  let high = known.reduce((a, b) => Math.max(a, b));
  if (low > 0 && low < high * 0.6) low = 0;
  if (low === high) high = low + 1;
  return [low, high];
}

function frame(xs, ys, label) {
  const x = (v) => PAD.left + ((v - xs[0]) / (xs[1] - xs[0])) * (WIDTH - PAD.left - PAD.right);
  const y = (v) => HEIGHT - PAD.bottom - ((v - ys[0]) / (ys[1] - ys[0])) * (HEIGHT - PAD.top - PAD.bottom);
  const root = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label, class: "show-chart" });
  for (const v of ticks(ys[0], ys[1], 4)) {
    root.append(svg("line", { x1: PAD.left, x2: WIDTH - PAD.right, y1: y(v), y2: y(v), class: "grid" }));
    const text = svg("text", { x: PAD.left - 6, y: y(v) + 4, "text-anchor": "end" });
    text.textContent = short(v);
    root.append(text);
  }
  for (const v of ticks(xs[0], xs[1], 6)) {
    const text = svg("text", { x: x(v), y: HEIGHT - 6, "text-anchor": "middle" });
    text.textContent = short(v);
    root.append(text);
  }
  return { root, x, y };
}

function lineChart(lines) {
  const { root, x, y } = frame(extent(lines.flatMap((l) => l.x)), extent(lines.flatMap((l) => l.y)), lines.map((l) => l.label).join(", "));
  lines.forEach((line, i) => {
    let path = "";
    let pen = "M";
    line.x.forEach((v, k) => {
      if (line.y[k] === null) {
        pen = "M";
        return;
      }
      path += `${pen}${x(v).toFixed(1)} ${y(line.y[k]).toFixed(1)}`;
      pen = "L";
    });
    root.append(svg("path", { d: path, fill: "none", stroke: COLOURS[i % 5], "stroke-width": 1.8, "stroke-dasharray": DASHES[i % 5] }));
  });
  return element(
    "figure.show",
    {},
    element("figcaption.show-legend", {}, ...lines.map((l, i) => element("span", {}, key(i), l.label))),
    root,
  );
}

function key(i) {
  const root = svg("svg", { viewBox: "0 0 18 8", width: 18, height: 8, "aria-hidden": "true" });
  root.append(svg("line", { x1: 0, x2: 18, y1: 4, y2: 4, stroke: COLOURS[i % 5], "stroke-width": 2, "stroke-dasharray": DASHES[i % 5] }));
  return root;
}

function histogram(lines) {
  const values = lines.flatMap((l) => l.y.filter((v) => v !== null));
  const [low, high] = extent(values);
  const bins = new Array(Math.min(30, Math.max(5, Math.round(Math.sqrt(values.length))))).fill(0);
  for (const v of values) bins[Math.min(bins.length - 1, Math.max(0, Math.floor(((v - low) / (high - low)) * bins.length)))] += 1;
  const { root, x, y } = frame([low, high], [0, bins.reduce((a, b) => Math.max(a, b), 1)], lines[0]?.label ?? "histogram");
  const wide = (high - low) / bins.length;
  bins.forEach((n, i) => {
    const left = x(low + i * wide);
    root.append(svg("rect", { x: left + 0.5, width: Math.max(0.5, x(low + (i + 1) * wide) - left - 1), y: y(n), height: y(0) - y(n), fill: COLOURS[0] }));
  });
  return element("figure.show", {}, element("figcaption.show-legend", {}, element("span", {}, lines.map((l) => l.label).join(", "))), root);
}

/** Intervals of differences, zero in the middle, each on a scale of its own. */
function differences(rows) {
  const known = rows.filter((r) => r.pairs && r.low !== null).slice(0, 12);
  if (!known.length) return null;
  const root = svg("svg", { viewBox: `0 0 ${WIDTH} ${known.length * 22 + 8}`, role: "img", class: "show-chart", "aria-label": "Differences with intervals" });
  known.forEach((r, i) => {
    const size = Math.max(Math.abs(r.low), Math.abs(r.high), 1e-12);
    const x = (v) => 330 + (v / size) * 150;
    const y = i * 22 + 15;
    const name = svg("text", { x: 0, y: y + 4 });
    name.textContent = r.label;
    const tone = r.sure ? "var(--blue)" : "var(--muted)";
    root.append(
      name,
      svg("line", { x1: 330, x2: 330, y1: y - 10, y2: y + 10, class: "grid" }),
      svg("line", { x1: x(r.low), x2: x(r.high), y1: y, y2: y, stroke: tone, "stroke-width": 2.5 }),
      svg("circle", { cx: x(r.b - r.a), cy: y, r: 4.5, fill: r.sure ? tone : "var(--panel)", stroke: tone, "stroke-width": 2 }),
    );
  });
  return element("figure.show", {}, element("figcaption.show-legend", {}, element("span", {}, "B − A with 95 % interval, each figure on its own scale; filled where it excludes 0")), root);
}

function grid(columns, rows) {
  const shown = rows.slice(0, 30);
  return element(
    "div.said-table",
    {},
    element(
      "table",
      {},
      element("thead", {}, element("tr", {}, ...columns.map((c) => element("th", { scope: "col" }, c)))),
      element("tbody", {}, ...shown.map((r) => element("tr", {}, ...columns.map((c) => element("td", {}, short(r[c])))))),
    ),
    ...(rows.length > shown.length ? [element("p.muted", {}, `${rows.length - shown.length} more rows`)] : []),
  );
}

function drawing(show) {
  // an image element runs no script, whatever the drawing holds
  const blob = new Blob([show.svg], { type: "image/svg+xml" });
  const url = URL.createObjectURL(blob);
  const image = element("img.show-drawing", { alt: show.label, src: url, onload: () => URL.revokeObjectURL(url) });
  return element("figure.show", {}, image);
}

/** A picture that a service made: its bytes are asked for once and never come from elsewhere. */
function picture(show, send) {
  const image = element("img.show-drawing", { alt: show.label });
  const box = element("figure.show", {}, image);
  send("picture", { call: show.call }, (said) => {
    if (said.text?.startsWith("data:image/")) image.src = said.text;
    else box.replaceChildren(element("p.muted", {}, said.error ?? "The picture did not come."));
  });
  return box;
}

/**
 * @param {?object} show As `Answer.show` of engine/agent/tools.py.
 * @param {Function} send As of the chat: `(name, wish, then)`.
 * @returns {?Node}
 */
export function shown(show, send) {
  if (!show) return null;
  if (show.kind === "line" && show.lines.length) return lineChart(show.lines);
  if (show.kind === "histogram" && show.lines.length) return histogram(show.lines);
  if (show.kind === "differences") return differences(show.rows);
  if (show.kind === "table" && show.rows.length && show.rows.length <= 200) return grid([...show.columns], show.rows);
  if (show.kind === "svg") return drawing(show);
  if (show.kind === "image") return picture(show, send);
  if (show.kind === "run")
    return element(
      "div.run-slot",
      { "data-token": show.token },
      element("a.run-link", { href: `/${show.engine}?run=${encodeURIComponent(show.token)}`, target: "_self" }, `Open run ${show.number} on its page →`),
    );
  return null;
}
