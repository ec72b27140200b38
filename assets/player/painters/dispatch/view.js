/** The city in device pixels for one camera, and how large marks are at its zoom. */

import { clamp } from "../../dom.js";

/** Half the length of a car, CSS pixels: where there is room, and where thousands share the view. */
const CAR_PX = 4.6;
const CAR_LEAST_PX = 2.4;
/** A car is drawn to scale, m, once that is longer than its sign. */
const CAR_M = 2.6;
/** Share of a driver's part of the canvas that half a car may take along one side. */
const CAR_SHARE = 0.24;
/** Cars to scale, so many CSS pixels a metre, keep to their own side of the street by its width. */
const LANE_M = 2.2;
/** Below this many CSS pixels a metre local streets are faint. */
const LOCAL_FAINT = 0.045;
/** Rider's ring beside a car's half length. */
const RING_SHARE = 1.4;

/** Widths of streets by rank: CSS pixels at the fit, and metres. */
const STREET_PX = [0.55, 0.9, 1.7, 2.8];
const STREET_M = [7, 9, 15, 24];

export class View {
  constructor() {
    this.version = -1;
  }

  /**
   * Follow the camera.
   * @param {import("../../camera.js").Camera} camera
   * @param {number} unitM Metres a unit.
   * @param {number} drivers Drivers in the city: the more, the smaller their marks.
   */
  update(camera, unitM, drivers) {
    this.version = camera.version;
    this.ratio = camera.ratio;
    this.zoom = camera.zoom;
    /** Device pixels a unit. */
    this.unit = camera.deviceScale;
    this.originX = camera.originX;
    this.originY = camera.originY;
    this.width = Math.round(camera.width * camera.ratio);
    this.height = Math.round(camera.height * camera.ratio);
    /** CSS pixels a metre. */
    this.perMetre = camera.scale / unitM;
    const { bounds } = camera;
    const room = Math.sqrt((bounds.width * bounds.height) / Math.max(1, drivers)) * camera.scale;
    const sign = clamp(CAR_SHARE * room, CAR_LEAST_PX, CAR_PX);
    // quantised, so that sprites are made for few sizes while the wheel turns
    /** Half the length of a car, CSS pixels. */
    this.car = Math.round(Math.max(sign, CAR_M * this.perMetre) * 2.5) / 2.5;
    /** Radius of a rider's ring, CSS pixels. */
    this.ring = Math.round(clamp(RING_SHARE * this.car, 4.2, 6.4) * 2) / 2;
    /** How far right of the middle of its street a car drives, device pixels. */
    this.lane = Math.max(0.42 * this.car, LANE_M * this.perMetre) * this.ratio;
    this.faint = this.perMetre < LOCAL_FAINT;
  }

  /** Width of a street, device pixels. */
  street(rank) {
    const sign = STREET_PX[rank] * Math.min(2.2, this.zoom ** 0.55);
    return Math.max(sign, STREET_M[rank] * this.perMetre * 0.8) * this.ratio;
  }

  /** Device pixels of a place. */
  px(x) {
    return x * this.unit + this.originX;
  }

  py(y) {
    return y * this.unit + this.originY;
  }

  /** Whether a point in device pixels is in view, or nearly. */
  sees(px, py, margin) {
    return px > -margin && py > -margin && px < this.width + margin && py < this.height + margin;
  }
}
