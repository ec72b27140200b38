/** What the person wants to see of a drive. */

import { Choices } from "../choices.js";

const DEFAULTS = { boxes: true, lanes: true, drivable: true, predictions: true, path: true, rejected: false, depth: false, truth: false, large: "front" };

export class Wish extends Choices {
  constructor() {
    super("atrium.perception.view", DEFAULTS);
    /** Track that is looked at, or −1. */
    this.selected = -1;
    /** The box that was clicked: {view, box, step}, or null. */
    this.box = null;
  }
}
