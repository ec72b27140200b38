/** Marks of the timeline: shape says the kind of an event, colour repeats it. */

/** Label, colour from the tokens, and an outline as x, y pairs or a circle's radius. */
const KINDS = {
  fault: { label: "fault", colour: (t) => t.states.fault, outline: [-4, 4, 0, -4.5, 4, 4] },
  recovered: { label: "recovered", colour: (t) => t.good, outline: [-4, -3.5, 0, 4.5, 4, -3.5] },
  closure: { label: "closure", colour: (t) => t.states.fault, outline: [-4, -4, 4, -4, 4, 4, -4, 4] },
  spike: { label: "demand spike", colour: (t) => t.marks.orange, radius: 4 },
  charge: {
    label: "charging wave",
    colour: (t) => t.states.charging,
    outline: [
      -4, -1.5, -1.5, -1.5, -1.5, -4, 1.5, -4, 1.5, -1.5, 4, -1.5, 4, 1.5, 1.5, 1.5, 1.5, 4, -1.5, 4, -1.5,
      1.5, -4, 1.5,
    ],
  },
  rain: {
    label: "rain",
    colour: (t) => t.marks.blue,
    outline: [0, -5, 3.6, 1.4, 2.2, 4, -2.2, 4, -3.6, 1.4],
  },
  crowd: { label: "crowd", colour: (t) => t.marks.orange, radius: 4 },
  outage: { label: "outage", colour: (t) => t.states.fault, outline: [-4, -4, 4, -4, 0, 4.5] },
  policy: {
    label: "policy switched",
    colour: (t) => t.marks.purple,
    outline: [-4, -4, 4, -4, 4, 4, -4, 4],
  },
  retrained: {
    label: "ETA retrained",
    colour: (t) => t.marks.green,
    outline: [-4, 4, -1.5, -4, 1.5, -4, 4, 4],
  },
  setting: { label: "setting changed", colour: (t) => t.primary, outline: [0, -5, 5, 0, 0, 5, -5, 0] },
};
const OTHER = { label: "event", colour: (t) => t.muted, radius: 3.5 };

/** Paint the mark of an event's kind around (x, y). */
export function paintMark(context, kind, tokens, x, y) {
  const { colour, outline, radius } = KINDS[kind] ?? OTHER;
  context.fillStyle = colour(tokens);
  context.beginPath();
  if (radius) context.arc(x, y, radius, 0, 7);
  else for (let i = 0; i < outline.length; i += 2) context.lineTo(x + outline[i], y + outline[i + 1]);
  context.closePath();
  context.fill();
}

/**
 * Paint which kinds there are, from left to right as far as they fit.
 * @param {CanvasRenderingContext2D} context
 * @param {Set<string>} present Kinds that occur.
 * @param {{tokens: object, font: string}} theme
 * @param {number} x @param {number} y Where the first mark stands.
 * @param {number} end Right limit.
 */
export function paintKey(context, present, theme, x, y, end) {
  context.font = `12px ${theme.font}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (const [kind, { label }] of Object.entries(KINDS)) {
    if (!present.has(kind)) continue;
    const width = 28 + context.measureText(label).width;
    if (x + width > end) break;
    paintMark(context, kind, theme.tokens, x, y);
    context.fillStyle = theme.tokens.muted;
    context.fillText(label, x + 9, y + 0.5);
    x += width;
  }
}
