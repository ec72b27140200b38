/** The car's controls as gauges (arc is, tick asked), its motion, and the button that takes the wheel. */

import { element, setText, svg } from "../dom.js";
import { kmh, signed } from "./names.js";

const RADIUS = 30;
const CENTRE = 38;
const STEER_DEG = 35;
const SPEED_KMH = 70;
const FULL_ACCEL = 3;
const FULL_BRAKE = 8;

const angle = (share) => Math.PI * (0.82 + 1.36 * share);
const point = (share, radius) => [CENTRE + radius * Math.cos(angle(share)), CENTRE + radius * Math.sin(angle(share))];

function arc(from, to) {
  const [a, b] = from < to ? [from, to] : [to, from];
  const [x0, y0] = point(a, RADIUS);
  const [x1, y1] = point(b, RADIUS);
  return `M${x0.toFixed(2)} ${y0.toFixed(2)}A${RADIUS} ${RADIUS} 0 ${angle(b) - angle(a) > Math.PI ? 1 : 0} 1 ${x1.toFixed(2)} ${y1.toFixed(2)}`;
}

class Gauge {
  constructor(label, from = 0) {
    this.from = from;
    this.fill = svg("path", { class: "gauge-fill" });
    this.tick = svg("path", { class: "gauge-tick" });
    this.text = svg("text", { x: CENTRE, y: 43, "text-anchor": "middle" });
    this.node = element("div.gauge", {}, svg("svg", { viewBox: "0 0 76 62", width: 76, height: 62 }, svg("path", { class: "gauge-track", d: arc(0, 1) }), this.fill, this.tick, this.text), element("span", {}, label));
  }

  /** @param {number} is Share in [0, 1]. @param {number} asked */
  set(is, asked, text) {
    const [a, b] = [is, asked].map((v) => Math.max(0, Math.min(1, v)));
    this.fill.setAttribute("d", Math.abs(a - this.from) > 0.005 ? arc(this.from, a) : "");
    const [x0, y0] = point(b, RADIUS - 6);
    const [x1, y1] = point(b, RADIUS + 6);
    this.tick.setAttribute("d", `M${x0.toFixed(1)} ${y0.toFixed(1)}L${x1.toFixed(1)} ${y1.toFixed(1)}`);
    setText(this.text, text);
  }
}

export class ControlsCard {
  /** @param {() => void} toggle Take the wheel or give it back. */
  constructor(toggle) {
    this.steering = new Gauge("steering", 0.5);
    this.speed = new Gauge("speed, km/h");
    this.throttle = new Gauge("throttle");
    this.brake = new Gauge("brake");
    this.rows = ["acceleration", "lateral", "jerk"].map((name) => element("div", {}, element("span.muted", {}, name), element("b")));
    this.wheel = element("button.pc-button.wheel", { type: "button", "aria-pressed": "false", onclick: toggle }, "Take over");
    this.node = element("section.pc-card.controls-card", { "aria-label": "Controls" }, element("header", {}, element("h2", {}, "Controls"), element("span.grow"), element("span.muted", {}, "tick = asked")),
      element("div.gauges", {}, this.steering.node, this.speed.node, this.throttle.node, this.brake.node), element("div.motion", {}, ...this.rows), this.wheel);
  }

  show(picture, theme, facts) {
    this.wheel.disabled = !picture;
    if (!picture) {
      for (const g of [this.steering, this.speed, this.throttle, this.brake]) g.set(g.from, g.from, "–");
      for (const row of this.rows) setText(row.lastChild, "–");
      return;
    }
    const { car, manual } = facts;
    const half = (deg) => 0.5 - deg / STEER_DEG / 2; // left is positive, and at the left
    this.steering.set(half(car.steering), half(car.asked_steering), `${signed(car.steering, 1)}°`);
    this.speed.set(kmh(car.speed) / SPEED_KMH, kmh(car.target) / SPEED_KMH, String(kmh(car.speed)));
    const share = (accel) => [Math.max(0, accel) / FULL_ACCEL, Math.max(0, -accel) / FULL_BRAKE];
    const [throttle, brake] = share(car.accel);
    const [wanted, braked] = share(car.asked_accel);
    this.throttle.set(throttle, wanted, `${Math.round(100 * throttle)} %`);
    this.brake.set(brake, braked, `${Math.round(100 * brake)} %`);
    setText(this.rows[0].lastChild, `${signed(car.accel, 1)} m/s²`);
    setText(this.rows[1].lastChild, `${signed(car.lateral, 1)} m/s²`);
    setText(this.rows[2].lastChild, `${signed(car.jerk, 1)} m/s³`);
    setText(this.wheel, manual ? "Give the wheel back" : "Take over");
    this.wheel.setAttribute("aria-pressed", String(Boolean(manual)));
  }
}
