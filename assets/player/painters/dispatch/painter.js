/**
 * The city: what the player shows when a scene's domain is "dispatch".
 *
 * Two pictures are kept: the ground with surge cells (`backdrop.js`), and that with trails (a frame
 * passed). A frame is a copy of the last one, the match lines, cars and riders as sprites, and the
 * names; what belongs to the selection is drawn above with the 2D canvas.
 */

import { clamp } from "../../dom.js";
import { Surface } from "../../raster.js";
import { alpha } from "../../theme.js";
import { Backdrop } from "./backdrop.js";
import { Cells } from "./cells.js";
import { City } from "./city.js";
import { Fleet } from "./fleet.js";
import { Labels } from "./labels.js";
import { Matches } from "./matches.js";
import { MiniMap } from "./minimap.js";
import { Overlays } from "./overlays.js";
import { AGE_S, ASSIGNED, IDLE, MOVING, Palette, PICKUP, POOLED, RIDING, WAITING } from "./palette.js";
import { Selection } from "./selection.js";
import { car, rider } from "./shapes.js";
import { Sprites } from "./sprites.js";
import { Trails } from "./trails.js";
import { View } from "./view.js";

const FADE_MS = 400;
/** Beyond this zoom too much of the city would be out of view at first. */
const MOST_COVER = 1.8;
/** Nearest view, CSS pixels a metre. */
const NEAREST = 2;

const LEGEND = [
  { state: IDLE, label: "Idle" },
  { state: PICKUP, label: "To pickup" },
  { state: RIDING, label: "With rider" },
  { state: POOLED, label: "Pooled" },
  { state: MOVING, label: "Repositioning" },
  { state: WAITING, label: "Waiting" },
  { state: ASSIGNED, label: "Car on its way" },
];
const WORDS = {
  [IDLE]: "idle",
  [PICKUP]: "to pickup",
  [RIDING]: "with rider",
  [POOLED]: "pooled",
  [MOVING]: "repositioning",
};
/** Age of the rider on icons, in units of 15 s. */
const ICON_AGE = 9;

export class DispatchPainter {
  /** Layer toggles, in the order of their chips. */
  static layers = [
    { id: "surge", label: "Surge", title: "Price multiplier of each cell", on: true },
    { id: "matches", label: "Matches", title: "Who is on the way to whom", on: true },
    { id: "trails", label: "Trails", title: "Where cars came from in the last minute", on: true },
    { id: "riders", label: "Riders", title: "Riders who wait; a full ring is five minutes", on: true },
    { id: "names", label: "Names", title: "Districts and places", on: true },
    { id: "demand", label: "Demand", title: "Expected requests of each cell", on: false },
    { id: "traffic", label: "Traffic", title: "Streets that are slower than free flow now", on: false },
    {
      id: "reach",
      label: "ETA rings",
      title: "Minutes to drive to a point: press on the map to choose it",
      on: false,
    },
  ];

  static subject = "City map";
  static noun = "driver";

  /** @param {object} facts Facts of the scene. */
  constructor(facts) {
    this.columns = facts.width;
    this.rows = facts.height;
    this.city = new City(facts);
    /** Pixels a unit at the nearest view. */
    this.nearest = NEAREST * this.city.unitM;
    this.fleet = new Fleet(facts.drivers, facts.height, this.city.unitM, facts.step_s ?? 1);
    this.trails = new Trails(facts.drivers, facts.height, facts.step_s ?? 1, this.fleet.reach);
    this.selection = new Selection(this.fleet, facts.height);
    this.cells = new Cells();
    this.overlays = new Overlays();
    this.matches = new Matches();
    this.backdrop = new Backdrop();
    this.labels = new Labels();
    this.mini = new MiniMap(this.city);
    this.sprites = new Sprites();
    this.view = new View();
    this.version = 0;
    this.born = -1;
    this.trailed = null;
    this.seen = { step: -1, trails: false };
    this.facts = null;
    this.ridersShown = true;
  }

  /** Rectangle that "fit" shows, in units. */
  bounds() {
    return { x: 0, y: 0, width: this.columns, height: this.rows };
  }

  /** Look at the middle first, so near that the city fills the canvas. */
  open(camera) {
    const cover = Math.max(camera.width / this.columns, camera.height / this.rows);
    camera.zoomAt(Math.min(MOST_COVER, cover / camera.fitScale), camera.width / 2, camera.height / 2);
  }

  /** @param {import("../../theme.js").Theme} theme */
  setTheme(theme) {
    this.palette = new Palette(theme);
  }

  /** A static array of the scene. @returns {boolean} Whether the bounds may have changed. */
  setArray(name, values) {
    if (this.city.setArray(name, values)) this.version += 1;
    return false;
  }

  /** A slow picture. @param {number} step At which it was true. */
  setLayer(name, values, step) {
    if (name === "match") this.matches.set(values, step);
    else if (!this.overlays.setLayer(name, values)) this.cells.setLayer(name, values);
  }

  /**
   * What to ask the world when a place of the map is pressed.
   * @param {Record<string, boolean>} layers
   * @returns {?object} A message, or null.
   */
  pressed(layers, x, y) {
    return layers.reach ? this.overlays.ask({ x, y }, this.city) : null;
  }

  /**
   * What to ask the world when a layer is switched.
   * @param {string} id
   * @param {{x: number, y: number}} about The selected one's place, or the middle of the view.
   * @returns {?object} A message, or null.
   */
  switched(id, on, about) {
    return id === "reach" ? this.overlays.ask(on ? about : null, this.city) : null;
  }

  /** The picture starts anew at a key frame. */
  reset(picture) {
    this.fleet.reset(picture);
    this.trails.clear();
    this.trails.add(picture);
  }

  /** One frame passed. */
  step(before, after) {
    this.fleet.step(before, after);
    this.trails.add(before);
  }

  /** Bring the kept pictures up to date. @returns {Surface} What lies under everything that moves. */
  #prepare(surface, camera, shot) {
    this.#resize(surface, camera);
    const { view, palette, trails, seen } = this;
    const { layers } = shot;
    const changed = this.backdrop.write(this.under, view, {
      city: this.city,
      palette,
      cells: this.cells.show(layers),
      overlays: this.overlays.show(layers),
      version: this.version,
      fitted: camera.fitted,
      now: shot.now,
    });
    if (!layers.trails || !shot.loaded) {
      seen.trails = false;
      return this.under;
    }
    if (changed || !seen.trails || seen.step !== shot.before.step) {
      this.trailed.pixels.set(this.under.pixels);
      trails.draw(this.trailed, view, palette, shot.before);
      seen.step = shot.before.step;
      seen.trails = true;
    }
    return this.trailed;
  }

  #resize(surface, camera) {
    if (this.under?.width !== surface.width || this.under.height !== surface.height) {
      this.under = new Surface(surface.width, surface.height);
      this.trailed = new Surface(surface.width, surface.height);
      this.seen.trails = false;
    }
    if (this.view.version !== camera.version) this.view.update(camera, this.city.unitM, this.fleet.drivers);
    this.sprites.update(this.view, this.palette);
  }

  /**
   * Draw one frame.
   * @param {Surface} surface
   * @param {import("../../camera.js").Camera} camera
   * @param {object} shot before, after, fraction, now (ms), layers, selected, hovered, only, facts
   *     (of the selected agent, or null), loaded (whether there is anybody to show).
   */
  draw(surface, camera, shot) {
    surface.pixels.set(this.#prepare(surface, camera, shot).pixels);
    const { view, palette, sprites, fleet, cells, city, labels } = this;
    const { layers, only } = shot;
    this.facts = shot.facts;
    this.ridersShown = layers.riders;
    if (shot.loaded) {
      fleet.place(shot.before, shot.after, shot.fraction);
      if (this.born < 0) this.born = shot.now;
      const opacity = Math.round(256 * clamp((shot.now - this.born) / FADE_MS, 0, 1));
      if (layers.matches && layers.riders)
        this.matches.draw(surface, view, palette, fleet, shot.selected, opacity);
      fleet.drawCars(surface, view, sprites, only, opacity);
      if (layers.riders) fleet.drawRiders(surface, view, sprites, only, opacity);
    }
    labels.arrange(city, cells, view, sprites, layers, this.#taken(camera, shot));
    labels.draw(surface);
  }

  /** Rectangles that labels keep out of, device pixels: the mini-map, the selected one. */
  #taken(camera, shot) {
    const { ratio } = camera;
    const room = this.mini.room(camera);
    const out = room
      ? [{ x: room.x * ratio, y: room.y * ratio, width: room.width * ratio, height: room.height * ratio }]
      : [];
    if (shot.loaded && this.fleet.present(shot.selected)) {
      const at = this.position(shot.selected);
      const half = 16 * ratio;
      out.push({
        x: this.view.px(at.x) - half,
        y: this.view.py(at.y) - half,
        width: 2 * half,
        height: 2 * half,
      });
    }
    return out;
  }

  /** What lies above the picture. @param {CanvasRenderingContext2D} context In CSS pixels. */
  overlay(context, camera, shot) {
    const { palette, view, fleet } = this;
    if (shot.loaded) this.selection.draw(context, camera, palette, view, shot, true);
    if (!this.mini.room(camera)) this.mini.hide();
    else this.mini.draw(context, camera, palette, this.cells, fleet, this.version, shot.now);
  }

  /** World point under a canvas point (device pixels) of the mini-map, or null. */
  locate(x, y) {
    return this.mini.locate(x / this.view.ratio, y / this.view.ratio);
  }

  /** Whom Tab walks: the candidates of the selected match, else the nearest of the same sort. */
  neighbours(agent, count) {
    const { fleet } = this;
    const candidates = (this.facts?.why?.rows ?? []).map((row) => row.agent);
    const others = candidates.filter((i) => i !== agent && fleet.present(i));
    if (others.length) return others.sort((a, b) => a - b);
    const [from, end] = agent < fleet.drivers ? [0, fleet.drivers] : [fleet.drivers, fleet.kind.length];
    const distance = (i) => (fleet.x[i] - fleet.x[agent]) ** 2 + (fleet.y[i] - fleet.y[agent]) ** 2;
    return Array.from({ length: end - from }, (_, i) => from + i)
      .filter((i) => i !== agent && fleet.present(i))
      .sort((a, b) => distance(a) - distance(b) || a - b)
      .slice(0, count)
      .sort((a, b) => a - b);
  }

  /** Agent at a world point, or -1. @param {number} reach In units. */
  pick(x, y, reach) {
    return this.fleet.nearest(x, y, reach, this.ridersShown);
  }

  /** An agent as last drawn, in units. */
  position(agent) {
    const by = this.fleet.shift(agent, this.view);
    return {
      x: this.fleet.x[agent] + by.x / this.view.unit,
      y: this.fleet.y[agent] + by.y / this.view.unit,
    };
  }

  /** Whether an agent can be told about: a driver off shift and a free slot cannot. */
  present(agent) {
    return this.fleet.present(agent);
  }

  /** What is said of a hovered agent. @param {string} name As the scene spells it. */
  tag(agent, name) {
    const { fleet } = this;
    if (agent < fleet.drivers) return `${name} · ${WORDS[fleet.kind[agent]] ?? "off shift"}`;
    const minutes = (fleet.detail[agent] * AGE_S) / 60;
    return `waiting ${minutes.toFixed(1)} min${fleet.kind[agent] === ASSIGNED ? " · car on its way" : ""}`;
  }

  /** Half the extent of a mark on the canvas, CSS pixels. */
  markRadius() {
    return Math.max(13, 1.9 * this.view.car);
  }

  /** Places a label must not cover: the way on. */
  nextCells(facts) {
    return (facts?.route ?? []).slice(0, 12).map(([x, y]) => ({ x, y: this.rows - y }));
  }

  /** Agents of each kind in a picture. @param {Uint32Array} counts Filled. */
  count(picture, counts) {
    counts.fill(0);
    for (let i = 0; i < picture.agents; i++) counts[picture.state[i] & 7] += 1;
    return counts;
  }

  /** @returns {{state: number, label: string, colour: string}[]} */
  legend() {
    return LEGEND.map((entry) => ({ ...entry, colour: this.palette.kinds[entry.state] }));
  }

  /** Draw a legend icon. @param {CanvasRenderingContext2D} context @param {number} size CSS pixels. */
  icon(context, state, size) {
    paintSign(context, this.palette, state, size);
  }

  /** The same without a scene. @param {import("../../theme.js").Theme} theme */
  static paintIcon(context, theme, state, size) {
    paintSign(context, new Palette(theme), state, size);
  }

  /** Ramps of the legend. */
  ramps() {
    const { city } = this.palette;
    return [
      {
        label: "Surge 1.0×",
        from: city.surgeLow,
        middle: city.surge,
        to: city.surgeHigh,
        end: "2.4×",
        layer: "surge",
      },
      {
        label: "Speed 90 %",
        from: city.surgeLow,
        middle: city.surge,
        to: city.surgeHigh,
        end: "50 % of free",
        layer: "traffic",
        optional: true,
      },
      {
        label: "Drive 3 min",
        from: alpha(this.palette.tokens.primary, 0.55),
        middle: alpha(this.palette.tokens.primary, 0.35),
        to: alpha(this.palette.tokens.primary, 0.13),
        end: "12 min",
        layer: "reach",
        optional: true,
      },
    ];
  }
}

/** A kind of agent, alone. */
function paintSign(context, palette, kind, size) {
  const middle = size / 2;
  if (kind === WAITING || kind === ASSIGNED) rider(context, palette, kind, ICON_AGE, middle, middle, 0.36 * size);
  else car(context, palette, kind, middle, middle, 0.32 * size, 0);
}
