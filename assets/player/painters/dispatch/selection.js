/**
 * The selected driver or rider, drawn with the 2D canvas above the picture: the way, the stops, the
 * drivers it could have been, its mark.
 */

import { alpha } from "../../theme.js";
import { badge, car, rider } from "./shapes.js";

const RING_PX = 12;

/** The part of a way that is still ahead of a place: it begins at the nearest point of its start. */
export function ahead(route, at) {
  if (route.length < 2) return route;
  let best = Infinity;
  let from = 0;
  let foot = route[0];
  for (let i = 0; i + 1 < route.length; i++) {
    const [ax, ay] = route[i];
    const dx = route[i + 1][0] - ax;
    const dy = route[i + 1][1] - ay;
    const long = dx * dx + dy * dy;
    const t = long ? Math.max(0, Math.min(1, ((at.x - ax) * dx + (at.y - ay) * dy) / long)) : 0;
    const x = ax + t * dx;
    const y = ay + t * dy;
    const distance = (at.x - x) ** 2 + (at.y - y) ** 2;
    if (distance >= best) continue;
    best = distance;
    from = i;
    foot = [x, y];
  }
  return [foot, ...route.slice(from + 1)];
}

export class Selection {
  /**
   * @param {import("./fleet.js").Fleet} fleet
   * @param {number} height Of the city in units.
   */
  constructor(fleet, height) {
    this.fleet = fleet;
    this.height = height;
  }

  /**
   * @param {CanvasRenderingContext2D} context In CSS pixels.
   * @param {import("../../camera.js").Camera} camera
   * @param {import("./palette.js").Palette} palette
   * @param {object} shot selected, facts (or null), hovered.
   * @param {boolean} routes Whether ways and candidates are shown.
   */
  draw(context, camera, palette, view, shot, routes) {
    const { fleet } = this;
    const { selected, hovered, facts } = shot;
    this.screen = (i) => {
      const by = fleet.shift(i, view);
      return {
        x: camera.screenX(fleet.x[i]) + by.x / view.ratio,
        y: camera.screenY(fleet.y[i]) + by.y / view.ratio,
      };
    };
    const shown = fleet.present(selected);
    const partner = facts ? Math.max(facts.driver ?? -1, facts.rider ?? -1) : -1;
    if (shown && routes && facts) {
      const car = selected < fleet.drivers ? selected : (facts.driver ?? -1);
      const from = fleet.present(car) ? { x: fleet.x[car], y: fleet.y[car] } : null;
      this.#ways(context, camera, palette, facts, from);
      this.#candidates(context, palette, facts, selected);
    }
    if (hovered >= 0 && hovered !== selected && fleet.present(hovered)) {
      const at = this.screen(hovered);
      context.strokeStyle = palette.kinds[fleet.kind[hovered]];
      context.lineWidth = 1.5;
      context.beginPath();
      context.arc(at.x, at.y, Math.max(8, 1.7 * view.car), 0, 7);
      context.stroke();
    }
    if (shown && partner >= 0 && partner !== selected && fleet.present(partner))
      this.#mark(context, palette, view, partner, false);
    if (!shown) return;
    this.#mark(context, palette, view, selected, true);
    if (routes && facts) this.#letters(context, palette, facts);
  }

  #trace(context, camera, points) {
    context.beginPath();
    points.forEach(([x, y], i) => {
      if (i) context.lineTo(camera.screenX(x), camera.screenY(y));
      else context.moveTo(camera.screenX(x), camera.screenY(y));
    });
  }

  #ways(context, camera, palette, facts, from) {
    const up = ([x, y]) => [x, this.height - y];
    const { land, riding } = palette.city;
    context.lineJoin = "round";
    context.lineCap = "round";
    const stroke = (colour, width, dash = []) => {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.setLineDash(dash);
      context.stroke();
    };
    const onward = (facts.onward ?? []).map(up);
    if (onward.length > 1) {
      this.#trace(context, camera, onward);
      stroke(alpha(land, 0.9), 6);
      stroke(riding, 2.6, [2, 6]);
    }
    const route = (facts.route ?? []).map(up);
    const left = from ? ahead(route, from) : route;
    if (left.length > 1) {
      this.#trace(context, camera, left);
      stroke(alpha(land, 0.95), 8);
      stroke(palette.tokens.primary, 4);
    }
    context.setLineDash([]);
    for (const stop of facts.stops ?? []) {
      if (stop.kind !== "dropoff") continue;
      const x = camera.screenX(stop.x);
      const y = camera.screenY(this.height - stop.y);
      context.fillStyle = riding;
      context.strokeStyle = land;
      context.lineWidth = 2;
      context.beginPath();
      context.rect(x - 5, y - 5, 10, 10);
      context.fill();
      context.stroke();
    }
  }

  /** Thin lines from the other candidates to the rider. */
  #candidates(context, palette, facts, selected) {
    const { fleet } = this;
    const to = selected >= fleet.drivers ? selected : (facts.rider ?? -1);
    if (!fleet.waits(to)) return;
    const end = this.screen(to);
    context.strokeStyle = palette.floor.select;
    context.lineWidth = 1.3;
    context.setLineDash([3, 4]);
    context.beginPath();
    for (const row of facts.why?.rows ?? []) {
      if (row.chosen || !fleet.present(row.agent)) continue;
      const at = this.screen(row.agent);
      context.moveTo(at.x, at.y);
      context.lineTo(end.x, end.y);
    }
    context.stroke();
    context.setLineDash([]);
  }

  #letters(context, palette, facts) {
    const { fleet } = this;
    for (const row of facts.why?.rows ?? []) {
      if (!fleet.present(row.agent)) continue;
      const at = this.screen(row.agent);
      const aside = row.chosen ? RING_PX : 0;
      badge(context, palette, row.letter, at.x - aside, at.y - aside, row.chosen);
    }
  }

  /** The one that is meant, larger than the others, on ground of its own. */
  #mark(context, palette, view, agent, chosen) {
    const { fleet } = this;
    const { x, y } = this.screen(agent);
    const radius = Math.max(RING_PX, 1.9 * view.car);
    context.fillStyle = palette.city.land;
    context.strokeStyle = palette.floor.select;
    context.lineWidth = chosen ? 2.4 : 1.6;
    context.beginPath();
    context.arc(x, y, radius + (chosen ? 0.5 : 0), 0, 7);
    context.fill();
    context.stroke();
    if (agent < fleet.drivers) car(context, palette, fleet.kind[agent], x, y, Math.max(5.6, view.car), fleet.turn(agent));
    else rider(context, palette, fleet.kind[agent], fleet.detail[agent], x, y, 8.2);
  }
}
