/** What the views, classes and decisions are called, and the mark and colour of each. */

/** Image colours are the dark palette's in both themes: pictures have no theme. */
export const BLUE = "#56B4E9";
export const ORANGE = "#E69F00";
export const GREEN = "#009E73";
export const VERMILION = "#D55E00";
export const PURPLE = "#CC79A7";
export const YELLOW = "#F0E442";

/** By class number: name, short name, mark, colour. */
export const CLASSES = [
  { name: "car", mark: "square", colour: BLUE },
  { name: "truck, bus", short: "truck", mark: "hex", colour: PURPLE },
  { name: "cyclist", mark: "diamond", colour: YELLOW },
  { name: "pedestrian", mark: "circle", colour: ORANGE },
  { name: "cone", mark: "up", colour: VERMILION },
  { name: "traffic light", mark: "ring", colour: "#FFFFFF" },
  { name: "sign", mark: "cross", colour: "#C9D4E0" },
];
export const CONE = 4;
export const LIGHT = 5;
export const SIGN = 6;
export const LAMPS = ["", "red", "amber", "green"];

export const VIEW_LABELS = {
  front: "Front", front_narrow: "Front narrow", front_wide: "Front wide", rear: "Rear", left_pillar: "Left pillar",
  right_pillar: "Right pillar", left_repeater: "Left repeater", right_repeater: "Right repeater",
};

/** Decisions: label and the token of their band. */
export const STATES = {
  cruise: { label: "Cruise", token: "blue" },
  follow: { label: "Follow", token: "orange" },
  yield: { label: "Yield", token: "purple" },
  stop: { label: "Stop", token: "vermilion" },
  overtake: { label: "Overtake", token: "green" },
  "change lane": { label: "Change lane", token: "green" },
  manual: { label: "You drive", token: "yellow" },
};

/** Outline of a mark in a box of 10 by 10 around (0, 0). */
export const SHAPES = {
  square: "M-4-4h8v8h-8z", circle: "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z", up: "M0-4.5L4.4 4H-4.4z", diamond: "M0-5L5 0L0 5L-5 0z",
  hex: "M-4.5 0L-2.2-4h4.4L4.5 0L2.2 4h-4.4z", ring: "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0zM-2 0a2 2 0 1 1 4 0a2 2 0 1 1-4 0z",
  cross: "M-4-2.5L-2.5-4L0-1.5L2.5-4L4-2.5L1.5 0L4 2.5L2.5 4L0 1.5L-2.5 4L-4 2.5L-1.5 0z", bar: "M-2-5h4v10h-4z", line: "M-5-1.2h10v2.4h-10z",
};
const PATHS = new Map();

/** A mark's path, made once. */
export function shape(name) {
  if (!PATHS.has(name)) PATHS.set(name, new Path2D(SHAPES[name]));
  return PATHS.get(name);
}

/** Paint a mark around (x, y). */
export function paintMark(context, name, colour, x, y, scale = 1) {
  context.save();
  context.translate(x, y);
  context.scale(scale, scale);
  context.fillStyle = colour;
  context.fill(shape(name), "evenodd");
  context.restore();
}

/** A number with a true minus sign. */
export const signed = (value, digits) => {
  const text = Math.abs(value).toFixed(digits);
  const zero = Number(text) === 0;
  return `${zero ? "" : value < 0 ? "−" : "+"}${text}`;
};

/** Metres a second as kilometres an hour. */
export const kmh = (mps) => Math.round(3.6 * mps);
