/** How Go says things: points, leads, shares, and how good a move is. */

const COLUMNS = "ABCDEFGHJKLMNOPQRST";

/**
 * GTP name of a point.
 * @param {number} point Row-major from the top left; size * size is a pass.
 * @param {number} size
 */
export const vertex = (point, size) =>
  point === size * size ? "pass" : `${COLUMNS[point % size]}${size - Math.floor(point / size)}`;

/** Column letter. @param {number} column */
export const letter = (column) => COLUMNS[column];

/** "Black" or "White". @param {number} colour 1 or −1 */
export const side = (colour) => (colour > 0 ? "Black" : "White");

/** A number with a true minus sign. */
export const signed = (value, digits) => value.toFixed(digits).replace("-", "−");

/** Who leads by how much. @param {number} score Points for Black. */
export const lead = (score, digits = 1) => {
  const text = Math.abs(score).toFixed(digits);
  return Number(text) === 0 ? text : `${score > 0 ? "B" : "W"}+${text}`;
};

/**
 * How good a move is by the points it loses: a colour and, beside it, a shape.
 * `token` names colours in tokens.go; `mark` a colour in tokens.marks for panels.
 */
export const GRADES = [
  { token: "best", ink: "onBest", mark: "blue", shape: "star", text: "best" },
  { token: "fine", ink: "onFine", mark: "green", shape: "circle", text: "≤ 0.5 lost" },
  { token: "fair", ink: "onFair", mark: "orange", shape: "diamond", text: "≤ 2" },
  { token: "poor", ink: "onPoor", mark: "vermilion", shape: "down", text: "> 2" },
];

/** @param {number} lost Points lost. @param {boolean} best Whether it is the chosen move. */
export const gradeOf = (lost, best) => GRADES[best ? 0 : lost <= 0.5 ? 1 : lost <= 2 ? 2 : 3];

/** Paths of the marks in a 10 × 10 box. */
export const SHAPES = {
  star: "M5 0l1.5 3.3 3.5.4-2.6 2.4.7 3.6L5 7.9 1.9 9.7l.7-3.6L0 3.7l3.5-.4z",
  circle: "M5 1a4 4 0 110 8 4 4 0 010-8z",
  ring: "M5 1.6a3.4 3.4 0 110 6.8 3.4 3.4 0 010-6.8z",
  diamond: "M5 0l5 5-5 5-5-5z",
  down: "M5 9L.6 1h8.8z",
  up: "M5 1l4.4 8H.6z",
  square: "M1 1h8v8H1z",
  line: "M0 5h10",
  dash: "M0 5h4M6 5h4",
};
