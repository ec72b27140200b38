/** Pinhole projection of the car's surroundings into a view, with near-plane clipping. */

const NEAR_M = 0.25;

/** One calibrated view: p_camera = R (p_ego − t), u = fx x / z + cx. */
export class View {
  /** @param {{name: string, fx: number, fy: number, cx: number, cy: number, width: number, height: number, R: number[], t: number[]}} facts */
  constructor(facts) {
    Object.assign(this, facts);
    /** Direction the camera looks in and half of its horizontal field of view, radians. */
    this.heading = Math.atan2(facts.R[7], facts.R[6]);
    this.half = Math.atan2(facts.width / 2, facts.fx);
  }

  /** A point of the ego frame in camera axes. */
  turn(x, y, z) {
    const { R, t } = this;
    const [a, b, c] = [x - t[0], y - t[1], z - t[2]];
    return [R[0] * a + R[1] * b + R[2] * c, R[3] * a + R[4] * b + R[5] * c, R[6] * a + R[7] * b + R[8] * c];
  }

  /** Pixel of a point in camera axes before the near plane. */
  pixel([x, y, z]) {
    return [(this.fx * x) / z + this.cx, (this.fy * y) / z + this.cy];
  }

  /**
   * A polyline of the ego frame as pixel polylines, cut at the near plane.
   * @param {number[][]} points [x, y, z] each.
   * @returns {number[][][]}
   */
  line(points) {
    const pieces = [];
    let piece = null;
    let before = null;
    for (const point of points) {
      const p = this.turn(...point);
      const inside = p[2] >= NEAR_M;
      if (before && before[2] >= NEAR_M !== inside) {
        const at = this.pixel(cut(before, p));
        if (inside) pieces.push((piece = [at]));
        else piece.push(at);
      }
      if (inside) {
        if (!piece) pieces.push((piece = []));
        piece.push(this.pixel(p));
      } else piece = null;
      before = p;
    }
    return pieces.filter((q) => q.length > 1);
  }

  /** Whether a pixel polyline may come into the picture. */
  sees(line) {
    const beside = (out) => line.every(out);
    return !(beside(([u]) => u < 0) || beside(([u]) => u > this.width) || beside(([, v]) => v < 0) || beside(([, v]) => v > this.height));
  }

  /** A polygon of the ego frame as pixels, cut at the near plane (Sutherland and Hodgman 1974). */
  polygon(points) {
    const turned = points.map((p) => this.turn(...p));
    const out = [];
    turned.forEach((p, i) => {
      const before = turned[(i + turned.length - 1) % turned.length];
      if (before[2] >= NEAR_M !== p[2] >= NEAR_M) out.push(this.pixel(cut(before, p)));
      if (p[2] >= NEAR_M) out.push(this.pixel(p));
    });
    return out.length > 2 ? out : [];
  }
}

/** Where a segment passes the near plane. */
function cut(a, b) {
  const share = (NEAR_M - a[2]) / (b[2] - a[2]);
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, NEAR_M];
}

/** Points on the ground from whole centimetres x0, y0, x1, y1, …. */
export function ground(centimetres, from = 0) {
  const out = [];
  for (let i = from; i + 1 < centimetres.length; i += 2) out.push([centimetres[i] / 100, centimetres[i + 1] / 100, 0]);
  return out;
}

/**
 * Left and right edge of a band along a way, as one polygon.
 * @param {number[][]} way Points on the ground.
 * @param {number} width Metres.
 */
export function ribbon(way, width) {
  const left = [];
  const right = [];
  let [ux, uy] = [1, 0];
  way.forEach(([x, y], i) => {
    const a = way[Math.max(0, i - 1)];
    const b = way[Math.min(way.length - 1, i + 1)];
    const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
    if (length > 0.05) [ux, uy] = [(b[0] - a[0]) / length, (b[1] - a[1]) / length];
    left.push([x - (uy * width) / 2, y + (ux * width) / 2, 0]);
    right.push([x + (uy * width) / 2, y - (ux * width) / 2, 0]);
  });
  return [...left, ...right.reverse()];
}
