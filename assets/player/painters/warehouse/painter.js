/**
 * The warehouse floor: what the player shows when a scene's domain is "warehouse".
 *
 * Three pictures are kept and each is redrawn only when something in it changed: the ground
 * (camera, theme, closures), the ground with stock and congestion (a pod moved), and that with
 * trails (a step passed). A frame is a copy of the last one and the robots.
 */

import { clamp } from "../../dom.js";
import { Surface } from "../../raster.js";
import { outside, paintGround } from "./ground.js";
import { MiniMap } from "./minimap.js";
import { CARRIES, LOADED, Palette, STATES, WAITING } from "./palette.js";
import { Robots } from "./robots.js";
import { drawGoal, drawHover, drawMark, drawReserved } from "./selection.js";
import { glyph } from "./shapes.js";
import { Sprites } from "./sprites.js";
import { boundsOf, drawCards, placeCards } from "./stations.js";
import { Stock } from "./stock.js";
import { Trails } from "./trails.js";
import { View } from "./view.js";

const FADE_MS = 400;
/** From this scale on ids are shown when their layer is on. */
const IDS_FROM = 31;

export class WarehousePainter {
  /** Layer toggles, in the order of their chips. */
  static layers = [
    { id: "demand", label: "Demand", title: "Lightness of a pod says its demand", on: true },
    { id: "congestion", label: "Congestion", title: "Waiting in the last 60 s", on: true },
    { id: "guidance", label: "Guidance", title: "Preferred direction of each aisle", on: true },
    { id: "trails", label: "Trails", title: "Where robots went in the last ten steps", on: true },
    { id: "ids", label: "Ids", title: "Numbers of all robots, when zoomed in", on: true },
    {
      id: "reservation",
      label: "Reservation",
      title: "Committed steps of the selected robot and its way on",
      on: true,
    },
  ];

  static subject = "Warehouse floor";
  static noun = "robot";

  /** @param {object} facts Facts of the scene. */
  constructor(facts) {
    this.columns = facts.width;
    this.rows = facts.height;
    const cells = this.columns * this.rows;
    this.floor = {
      columns: this.columns,
      rows: this.rows,
      kind: new Uint8Array(cells),
      lane: new Uint8Array(cells),
      closed: new Uint8Array(cells),
      outside: new Uint8Array(cells),
    };
    this.stations = facts.stations ?? [];
    this.cards = [];
    this.queues = new Uint8Array(this.stations.length);
    this.stock = new Stock(this.floor);
    this.trails = new Trails(this.columns, this.rows);
    this.robots = new Robots();
    this.mini = new MiniMap(this.floor);
    this.view = new View();
    this.sprites = new Sprites();
    this.version = 0;
    this.born = -1;
    this.stride = 1;
    /** What the kept pictures were drawn from. */
    this.seen = {
      version: -1,
      camera: -1,
      guidance: false,
      stock: -1,
      demand: false,
      congestion: false,
      trails: false,
      step: -1,
    };
    this.occupancy = null;
    this.cellOccupied = (cell) => this.occupancy.has(cell);
  }

  /** Rectangle that "fit" shows, in cells. */
  bounds() {
    return boundsOf(this.columns, this.rows, this.floor.kind, this.cards);
  }

  /** @param {import("../../theme.js").Theme} theme */
  setTheme(theme) {
    this.palette = new Palette(theme);
    this.version += 1;
  }

  /** A static array of the scene. @returns {boolean} Whether the bounds may have changed. */
  setArray(name, values) {
    if (!(name in this.floor) || values.length !== this.columns * this.rows) return false;
    this.floor[name] = values;
    this.version += 1;
    if (name !== "kind") return false;
    this.floor.outside = outside(values, this.columns, this.rows);
    this.cards = placeCards(this.stations, this.floor);
    return true;
  }

  /** A slow picture. */
  setLayer(name, values) {
    if (name === "pods") this.stock.setPods(values);
    else if (name === "heat") this.stock.setHeat(values);
    else if (name === "queues") this.queues = values;
    else if (name === "battery") {
      this.robots.resize(values.length);
      this.robots.battery.set(values);
    }
  }

  /** The picture starts anew at a key frame. */
  reset(picture) {
    this.robots.resize(picture.agents);
    this.trails.clear();
  }

  /** One frame passed: pods that were lifted leave their slots, pods set down fill them. */
  step(before, after) {
    this.stride = Math.max(1, after.step - before.step);
    this.trails.add(before, after);
    const { columns, stock, robots } = this;
    for (let i = 0; i < after.agents; i++) {
      if (!((before.state[i] ^ after.state[i]) & CARRIES)) continue;
      if (after.state[i] & CARRIES) {
        const cell = before.y[i] * columns + before.x[i];
        robots.load[i] = stock.pods[cell];
        stock.setPod(cell, 0);
      } else stock.setPod(after.y[i] * columns + after.x[i], robots.load[i] || 1);
    }
  }

  /** Whether the labels of ids show at this zoom. */
  #idsShown(layers) {
    return layers.ids && this.view.scale >= IDS_FROM;
  }

  #resize(width, height) {
    if (this.under?.width === width && this.under.height === height) return;
    this.ground = new Surface(width, height);
    this.stocked = new Surface(width, height);
    this.under = new Surface(width, height);
    this.seen.version = -1;
  }

  /** Bring the three kept pictures up to date. */
  #prepare(surface, camera, layers, step) {
    this.#resize(surface.width, surface.height);
    if (this.view.version !== camera.version) this.view.update(camera, this.columns, this.rows);
    const { view, palette, sprites, seen, stock, trails } = this;
    sprites.update(view, palette);
    const { demand, congestion, guidance } = layers;
    const context = { view, palette, sprites, demand, congestion };
    const ground =
      seen.version !== this.version || seen.camera !== camera.version || seen.guidance !== guidance;
    if (ground) paintGround(this.ground, view, this.floor, palette, sprites, guidance);
    let changed =
      ground || seen.stock !== stock.version || seen.demand !== demand || seen.congestion !== congestion;
    if (changed) stock.composeAll(this.stocked, this.ground, context);
    else changed = stock.composeDirty(this.stocked, this.ground, context);
    if (changed || seen.trails !== layers.trails || (layers.trails && seen.step !== step)) {
      this.under.pixels.set(this.stocked.pixels);
      if (layers.trails) trails.draw(this.under, view, palette, step, this.stride);
    }
    seen.version = this.version;
    seen.camera = camera.version;
    seen.guidance = guidance;
    seen.stock = stock.version;
    seen.demand = demand;
    seen.congestion = congestion;
    seen.trails = layers.trails;
    seen.step = step;
  }

  /**
   * Draw one frame.
   * @param {import("../../raster.js").Surface} surface
   * @param {import("../../camera.js").Camera} camera
   * @param {object} shot before, after, fraction, now (ms), layers, selected, hovered, only, facts
   *     (of the selected robot, or null), loaded (whether there are robots to show).
   */
  draw(surface, camera, shot) {
    const { before, after, layers, selected, hovered, now } = shot;
    this.#prepare(surface, camera, layers, before.step);
    surface.pixels.set(this.under.pixels);
    const { view, palette, sprites, robots } = this;
    if (!shot.loaded) {
      drawCards(surface, view, sprites, this.cards, this.queues);
      return;
    }
    robots.place(before, after, shot.fraction);
    if (this.born < 0) this.born = now;
    const opacity = Math.round(256 * clamp((now - this.born) / FADE_MS, 0, 1));
    if (layers.trails && !view.marks && opacity >= 256)
      robots.drawWakes(surface, view, palette, before, after);
    const chosen = selected >= 0 && selected < after.agents;
    const path = chosen && layers.reservation && shot.facts;
    if (path && view.outlines) this.#drawPath(surface, after, shot.facts, selected);
    robots.draw(surface, view, palette, sprites, this.stock, after, shot.only, opacity);
    if (this.#idsShown(layers)) robots.drawIds(surface, view, sprites, after.agents, -1);
    drawCards(surface, view, sprites, this.cards, this.queues);
    if (path && !view.outlines) this.#drawPath(surface, after, shot.facts, selected);
    if (hovered >= 0 && hovered < after.agents && hovered !== selected) {
      drawHover(
        surface,
        view,
        palette,
        sprites,
        after.state[hovered] & 7,
        Math.round(view.centreX(robots.x[hovered])),
        Math.round(view.centreY(robots.y[hovered])),
      );
    }
    if (chosen) {
      if (path) drawGoal(surface, view, palette, sprites, this.columns, shot.facts.goal);
      drawMark(
        surface,
        view,
        palette,
        sprites,
        after,
        selected,
        Math.round(view.centreX(robots.x[selected])),
        Math.round(view.centreY(robots.y[selected])),
      );
    }
    if (camera.partial) this.mini.draw(surface, view, palette, this.stock, robots, after, now);
  }

  #drawPath(surface, after, facts, agent) {
    const { view, columns } = this;
    if (view.near && this.occupiedAt !== after.step) {
      this.occupiedAt = after.step;
      this.occupancy = new Set();
      for (let i = 0; i < after.agents; i++) this.occupancy.add(after.y[i] * columns + after.x[i]);
    }
    drawReserved(
      surface,
      view,
      this.palette,
      this.sprites,
      columns,
      facts,
      after.y[agent] * columns + after.x[agent],
      Math.round(view.centreX(this.robots.x[agent])),
      Math.round(view.centreY(this.robots.y[agent])),
      this.cellOccupied,
    );
  }

  /** World point under a canvas point (device pixels) of the mini-map, or null. */
  locate(x, y) {
    return this.mini.locate(x, y);
  }

  /** The robots nearest to one, by number. @param {number} count How many. */
  neighbours(agent, count) {
    const { x, y } = this.robots;
    const distance = (i) => (x[i] - x[agent]) ** 2 + (y[i] - y[agent]) ** 2;
    return [...x.keys()]
      .filter((i) => i !== agent)
      .sort((a, b) => distance(a) - distance(b) || a - b)
      .slice(0, count)
      .sort((a, b) => a - b);
  }

  /** Robot at a world point, or -1. @param {number} reach In cells. */
  pick(x, y, reach) {
    return this.robots.nearest(x, y, Math.max(reach, 0.7));
  }

  /** Middle of a robot as last drawn, in cells. */
  position(agent) {
    return { x: this.robots.x[agent] + 0.5, y: this.robots.y[agent] + 0.5 };
  }

  /** Half the extent of a robot's mark on the canvas, CSS pixels. */
  markRadius() {
    return this.view.outlines ? this.view.scale * 0.52 : 11;
  }

  /** Cells a label must not cover: the robot's next steps. */
  nextCells(facts) {
    const { columns } = this;
    return (facts?.reserved ?? [])
      .slice(0, 6)
      .map((cell) => ({ x: (cell % columns) + 0.5, y: Math.floor(cell / columns) + 0.5 }));
  }

  /** Robots in each state of a picture. @param {Uint32Array} counts Filled. */
  count(picture, counts) {
    counts.fill(0);
    for (let i = 0; i < picture.agents; i++) counts[picture.state[i] & 7] += 1;
    return counts;
  }

  /** @returns {{state: number, label: string, colour: string}[]} */
  legend() {
    return STATES.map((name, state) => ({
      state,
      label: name[0].toUpperCase() + name.slice(1),
      colour: this.palette.states[state],
    }));
  }

  /** Draw a legend icon. @param {CanvasRenderingContext2D} context @param {number} size CSS pixels. */
  icon(context, state, size) {
    glyph(
      context,
      this.palette,
      state,
      state === LOADED || state === WAITING,
      size / 2,
      size / 2,
      size * 0.32,
    );
  }

  /** The same without a scene. @param {import("../../theme.js").Theme} theme */
  static paintIcon(context, theme, state, size, carries) {
    glyph(context, new Palette(theme), state, carries, size / 2, size / 2, size * 0.32);
  }

  /** Ramps of the legend. */
  ramps() {
    return [
      {
        label: "Demand for pod",
        from: "var(--pod-cold)",
        to: "var(--pod-hot)",
        end: "high",
        layer: "demand",
      },
      { label: "Congestion", from: "transparent", to: "var(--heat)", end: "60 s", layer: "congestion" },
    ];
  }
}
