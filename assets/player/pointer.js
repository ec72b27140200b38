/** Pointer and wheel on the canvas: pan, pinch, zoom about the pointer, hover, pick, drag the mini-map. */

/** A press that moves less than this is a click, CSS pixels. */
const CLICK_PX = 4;
const WHEEL_GAIN = 0.0016;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {import("./camera.js").Camera} camera
 * @param {object} on `hover(x, y)`, `leave()`, `pick(x, y)`, `dragged()`, `locate(x, y)` (world point
 *     of the mini-map under the pointer, or null).
 * @returns {() => void} Stop listening.
 */
export function attachPointer(canvas, camera, on) {
  /** Pointers that are down, by id. */
  const down = new Map();
  let moved = 0;
  let onMap = false;
  let spread = 0;

  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const middle = () => {
    const all = [...down.values()];
    const x = all.reduce((s, p) => s + p.x, 0) / all.length;
    const y = all.reduce((s, p) => s + p.y, 0) / all.length;
    return { x, y, spread: all.length > 1 ? Math.hypot(all[0].x - all[1].x, all[0].y - all[1].y) : 0 };
  };
  const goTo = (at) => {
    camera.lookAt(at.x, at.y);
    on.dragged();
  };

  const listeners = {
    pointerdown(event) {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      down.set(event.pointerId, point(event));
      if (down.size === 1) {
        moved = 0;
        const at = on.locate(point(event).x, point(event).y);
        onMap = at !== null;
        if (onMap) goTo(at);
      }
      spread = middle().spread;
    },
    pointermove(event) {
      const at = point(event);
      if (!down.has(event.pointerId)) {
        on.hover(at.x, at.y);
        return;
      }
      const before = middle();
      const last = down.get(event.pointerId);
      moved += Math.hypot(at.x - last.x, at.y - last.y);
      down.set(event.pointerId, at);
      const now = middle();
      if (onMap) {
        const world = on.locate(at.x, at.y);
        if (world) goTo(world);
      } else if (moved > CLICK_PX) {
        camera.pan(now.x - before.x, now.y - before.y);
        if (now.spread && spread) camera.zoomAt(now.spread / spread, now.x, now.y);
        canvas.classList.add("dragging");
        on.dragged();
      }
      spread = now.spread;
    },
    pointerup(event) {
      if (!down.delete(event.pointerId)) return;
      canvas.classList.remove("dragging");
      spread = down.size ? middle().spread : 0;
      if (moved <= CLICK_PX && !onMap && down.size === 0) on.pick(point(event).x, point(event).y);
    },
    pointercancel(event) {
      down.delete(event.pointerId);
      canvas.classList.remove("dragging");
    },
    pointerleave() {
      on.leave();
    },
    wheel(event) {
      event.preventDefault();
      const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
      const { x, y } = point(event);
      // trackpads report a pinch as a wheel with ctrl, in much smaller steps
      camera.zoomAt(Math.exp(-event.deltaY * unit * WHEEL_GAIN * (event.ctrlKey ? 6 : 1)), x, y);
    },
    dblclick(event) {
      const { x, y } = point(event);
      camera.zoomAt(event.shiftKey ? 0.5 : 2, x, y);
    },
  };
  for (const [name, listener] of Object.entries(listeners))
    canvas.addEventListener(name, listener, { passive: false });
  return () => {
    for (const [name, listener] of Object.entries(listeners)) canvas.removeEventListener(name, listener);
  };
}
