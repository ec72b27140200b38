/** The canvas: sizes itself, draws a frame when asked, and keeps its cost in bounds. */

import { Camera } from "./camera.js";
import { drawCallout, drawTag } from "./callout.js";
import { element } from "./dom.js";
import { Meter } from "./meter.js";
import { Surface } from "./raster.js";

/** Beyond this many milliseconds a frame trails go first, then half the resolution. */
const COSTLY_MS = 12;
/** Below this trails come back. Resolution does not: it would be given up again at once. */
const CHEAP_MS = 6;
const MOST_RATIO = 2;
/** The id plate of the hovered agent appears after this. */
const TAG_AFTER_MS = 150;

export class Stage {
  constructor() {
    this.camera = new Camera();
    this.meter = new Meter();
    this.canvas = element("canvas.canvas", {
      tabindex: "0",
      role: "application",
      "aria-label": "Loading the scene",
    });
    this.context = this.canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    this.box = element("div.view", {}, this.canvas);
    this.surface = null;
    this.painter = null;
    /** A scene of another size has come: its painter may choose where to look first. */
    this.opening = false;
    this.theme = null;
    /** What is given up because frames cost too much: 0 nothing, 1 trails, 2 resolution too. */
    this.economy = 0;
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.box);
  }

  /** Match the canvas to its box. */
  resize() {
    const { width, height } = this.box.getBoundingClientRect();
    const density = window.devicePixelRatio || 1;
    if (width !== this.camera.width || height !== this.camera.height || density !== this.density)
      this.economy = 0;
    this.density = density;
    const ratio = Math.min(this.economy > 1 ? 1 : MOST_RATIO, density);
    const w = Math.max(1, Math.round(width * ratio));
    const h = Math.max(1, Math.round(height * ratio));
    if (width < 2 || height < 2 || (this.surface?.width === w && this.surface.height === h)) return;
    this.canvas.width = w;
    this.canvas.height = h;
    this.image = this.context.createImageData(w, h);
    this.surface = new Surface(w, h, new Uint32Array(this.image.data.buffer));
    this.camera.resize(width, height, ratio);
    this.stale = true;
  }

  /** @param {object} painter */
  setPainter(painter) {
    this.painter = painter;
    if (this.theme) painter.setTheme(this.theme);
    if (painter.nearest) this.camera.nearest = painter.nearest;
    this.camera.setBounds(painter.bounds());
  }

  /** @param {import("./theme.js").Theme} theme */
  setTheme(theme) {
    this.theme = theme;
    this.painter?.setTheme(theme);
  }

  /**
   * Draw one frame.
   * @param {object} shot See the painter's `draw`; also `label` (callout), `tag` (hover text),
   *     `hoverSince`, `follow`.
   */
  draw(shot) {
    const { painter, surface, camera, context, theme } = this;
    if (!surface || !theme) return;
    if (!painter) {
      context.fillStyle = theme.tokens.floor.ground;
      context.fillRect(0, 0, surface.width, surface.height);
      return;
    }
    if (this.opening) {
      this.opening = false;
      painter.open?.(camera);
    }
    const begun = performance.now();
    if (this.economy) shot.layers = { ...shot.layers, trails: false };
    if (shot.follow && shot.loaded) {
      const at = painter.position(shot.selected);
      camera.lookAt(at.x, at.y);
    }
    painter.draw(surface, camera, shot);
    context.putImageData(this.image, 0, 0);
    context.setTransform(camera.ratio, 0, 0, camera.ratio, 0, 0);
    painter.overlay?.(context, camera, shot);
    if (shot.loaded && shot.selected >= 0 && shot.label) {
      const at = painter.position(shot.selected);
      const ahead = painter
        .nextCells(shot.facts)
        .map((p) => ({ x: camera.screenX(p.x), y: camera.screenY(p.y) }));
      const subject = {
        x: camera.screenX(at.x),
        y: camera.screenY(at.y),
        radius: painter.markRadius(),
        ahead,
      };
      const seen =
        subject.x > -20 && subject.y > -20 && subject.x < camera.width + 20 && subject.y < camera.height + 20;
      if (seen) drawCallout(context, subject, shot.label, camera, theme);
    }
    if (
      shot.loaded &&
      shot.hovered >= 0 &&
      shot.hovered !== shot.selected &&
      shot.now - shot.hoverSince > TAG_AFTER_MS
    ) {
      const at = painter.position(shot.hovered);
      drawTag(
        context,
        camera.screenX(at.x),
        camera.screenY(at.y) + painter.markRadius() + 4,
        shot.tag,
        camera,
        theme,
      );
    }
    this.stale = false;
    this.meter.frame(shot.now, performance.now() - begun);
    this.#economise();
  }

  #economise() {
    const { meter } = this;
    const most = this.density > 1 ? 2 : 1;
    if (meter.smoothCost > COSTLY_MS && this.economy < most) this.economy += 1;
    else if (meter.smoothCost < CHEAP_MS && this.economy === 1) this.economy = 0;
    else return;
    // judged anew from the middle, so that one slow second does not swing it twice
    meter.smoothCost = (COSTLY_MS + CHEAP_MS) / 2;
  }

  close() {
    this.observer.disconnect();
  }
}
