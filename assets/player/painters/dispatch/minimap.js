/** The whole city in a corner while only a part is in view; its frame can be dragged. */

import { alpha } from "../../theme.js";
import { CARS, SURGE_FROM } from "./palette.js";

const WIDEST = 196;
const TALLEST = 132;
const MARGIN = 12;
const PADDING = 7;
const REFRESH_MS = 500;
/** While nearly all is in view the map would only cover some of it. */
const SHOWN_FROM = 1.3;
/** Streets of lesser rank are left out. */
const ARTERIAL = 2;

export class MiniMap {
  /** @param {import("./city.js").City} city */
  constructor(city) {
    this.city = city;
    this.drawnAt = -Infinity;
    this.streetsFor = "";
  }

  /** Lay the map out for a canvas; `box` is its rectangle in CSS pixels. */
  #layout(camera) {
    const { width, height } = this.city;
    const room = Math.min(1, camera.width / 640);
    const scale = Math.min((WIDEST * room) / width, (TALLEST * room) / height);
    const w = width * scale + 2 * PADDING;
    const h = height * scale + 2 * PADDING;
    this.scale = scale;
    this.box = { x: camera.width - w - MARGIN, y: camera.height - h - MARGIN, width: w, height: h };
  }

  /** Where it will be, so that labels keep out. Null while all is in view. */
  room(camera) {
    if (camera.zoom < SHOWN_FROM) return null;
    this.#layout(camera);
    return this.box;
  }

  /** Leave the canvas. */
  hide() {
    this.box = null;
  }

  #make(ratio) {
    const w = Math.ceil(this.box.width * ratio);
    const h = Math.ceil(this.box.height * ratio);
    if (this.picture?.canvas.width === w && this.picture.canvas.height === h) return;
    this.picture = new OffscreenCanvas(w, h).getContext("2d");
    this.ground = new OffscreenCanvas(w, h).getContext("2d");
    this.streetsFor = "";
  }

  #paintGround(palette, ratio, version) {
    const key = `${version} ${palette.dark} ${ratio}`;
    if (key === this.streetsFor) return;
    this.streetsFor = key;
    const { city, ground: context, scale } = this;
    const c = palette.city;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.box.width, this.box.height);
    context.fillStyle = alpha(palette.tokens.panel, 0.96);
    context.strokeStyle = palette.tokens.border;
    context.beginPath();
    context.roundRect(0.5, 0.5, this.box.width - 1, this.box.height - 1, 8);
    context.fill();
    context.stroke();
    context.save();
    context.translate(PADDING, PADDING);
    context.beginPath();
    context.rect(0, 0, city.width * scale, city.height * scale);
    context.clip();
    context.fillStyle = c.land;
    context.fillRect(0, 0, city.width * scale, city.height * scale);
    for (const [rings, colour] of [
      [city.parks, c.park],
      [city.fields, c.field],
      [city.river, c.water],
      [city.water, c.water],
    ]) {
      context.fillStyle = colour;
      for (const ring of rings) {
        context.beginPath();
        for (const [x, y] of ring) context.lineTo(x * scale, y * scale);
        context.fill();
      }
    }
    context.strokeStyle = palette.dark ? c.arterial : c.casing;
    context.lineWidth = 0.9;
    context.beginPath();
    for (const { lines } of city.tiles)
      for (const line of lines.slice(ARTERIAL).flat()) {
        context.moveTo(line[0] * scale, line[1] * scale);
        for (let i = 2; i < line.length; i += 2) context.lineTo(line[i] * scale, line[i + 1] * scale);
      }
    context.stroke();
    context.restore();
  }

  #refresh(palette, cells, fleet, ratio, version) {
    this.#make(ratio);
    this.#paintGround(palette, ratio, version);
    const { city, picture: context, scale } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    context.drawImage(this.ground.canvas, 0, 0);
    context.setTransform(ratio, 0, 0, ratio, PADDING * ratio, PADDING * ratio);
    context.save();
    context.beginPath();
    context.rect(0, 0, city.width * scale, city.height * scale);
    context.clip();
    for (let i = 0; i < Math.min(city.cells, cells.surge.length); i++) {
      if (cells.surge[i] < SURGE_FROM) continue;
      context.fillStyle = alpha(palette.surge(cells.surge[i]), 0.7);
      context.beginPath();
      for (let k = 12 * i; k < 12 * i + 12; k += 2)
        context.lineTo(city.hexRing[k] * scale, city.hexRing[k + 1] * scale);
      context.fill();
    }
    for (const kind of CARS) {
      context.fillStyle = palette.kinds[kind];
      for (let i = 0; i < fleet.drivers; i++)
        if (fleet.kind[i] === kind) context.fillRect(fleet.x[i] * scale - 0.6, fleet.y[i] * scale - 0.6, 1.3, 1.3);
    }
    context.restore();
  }

  /** @param {CanvasRenderingContext2D} context In CSS pixels. @param {number} version Of the city. */
  draw(context, camera, palette, cells, fleet, version, now) {
    this.#layout(camera);
    const ratio = camera.ratio;
    if (now - this.drawnAt > REFRESH_MS || palette !== this.palette || version !== this.version) {
      this.palette = palette;
      this.version = version;
      this.drawnAt = now;
      this.#refresh(palette, cells, fleet, ratio, version);
    }
    const { box, scale, picture } = this;
    context.drawImage(picture.canvas, box.x, box.y, picture.canvas.width / ratio, picture.canvas.height / ratio);
    const left = Math.max(0, camera.worldX(0)) * scale;
    const top = Math.max(0, camera.worldY(0)) * scale;
    const right = Math.min(this.city.width, camera.worldX(camera.width)) * scale;
    const bottom = Math.min(this.city.height, camera.worldY(camera.height)) * scale;
    context.strokeStyle = palette.floor.select;
    context.lineWidth = 1.5;
    context.strokeRect(box.x + PADDING + left, box.y + PADDING + top, right - left, bottom - top);
  }

  /** World place under a canvas point in CSS pixels, or null outside the map. */
  locate(x, y) {
    const { box, scale } = this;
    if (!box || x < box.x || y < box.y || x >= box.x + box.width || y >= box.y + box.height) return null;
    return { x: (x - box.x - PADDING) / scale, y: (y - box.y - PADDING) / scale };
  }
}
