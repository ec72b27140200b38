/** Anti-aliased lines blended into a surface by our own loops: thousands of short ones a frame. */

/**
 * Blend a line.
 * @param {import("../../raster.js").Surface} surface
 * @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 Device pixels.
 * @param {number} colour Pixel.
 * @param {number} opacity In [0, 256].
 * @param {number} width Device pixels.
 * @param {number} [dash] Length of a dash and its gap together, device pixels; 0 for none.
 */
export function blendLine(surface, x0, y0, x1, y1, colour, opacity, width, dash = 0) {
  const steep = Math.abs(y1 - y0) > Math.abs(x1 - x0);
  // u runs along the longer axis, v across it
  let u0 = steep ? y0 : x0;
  let u1 = steep ? y1 : x1;
  let v0 = steep ? x0 : y0;
  let v1 = steep ? x1 : y1;
  const forward = u1 >= u0;
  if (!forward) {
    [u0, u1] = [u1, u0];
    [v0, v1] = [v1, v0];
  }
  const slope = u1 > u0 ? (v1 - v0) / (u1 - u0) : 0;
  const half = 0.5 * width * Math.sqrt(1 + slope * slope);
  const alongEnd = (steep ? surface.height : surface.width) - 1;
  const acrossEnd = (steep ? surface.width : surface.height) - 1;
  const first = Math.max(0, Math.round(u0));
  const last = Math.min(alongEnd, Math.round(u1));
  const { pixels } = surface;
  const stride = surface.width;
  const along = steep ? stride : 1;
  const across = steep ? 1 : stride;
  const rb = colour & 0xff00ff;
  const g = colour & 0xff00;
  const on = 0.58 * dash;
  for (let u = first; u <= last; u++) {
    // the pattern starts at the line's first end, whichever way it runs
    if (dash && (forward ? u - u0 : u1 - u) % dash > on) continue;
    const v = v0 + (u - u0) * slope;
    const from = Math.max(0, Math.ceil(v - half - 0.5));
    const to = Math.min(acrossEnd, Math.floor(v + half + 0.5));
    for (let w = from; w <= to; w++) {
      const reach = half + 0.5 - Math.abs(w - v);
      const a = (reach >= 1 ? opacity : reach * opacity) | 0;
      if (a <= 0) continue;
      const j = u * along + w * across;
      const d = pixels[j];
      const keep = 256 - a;
      pixels[j] =
        0xff000000 |
        (((Math.imul(rb, a) + Math.imul(d & 0xff00ff, keep)) >>> 8) & 0xff00ff) |
        (((Math.imul(g, a) + Math.imul(d & 0xff00, keep)) >>> 8) & 0xff00);
    }
  }
}
