/** A run's words without its picture, for views that draw the run in another way. */

import { mounting } from "./mounting.js";
import { acquireHub, releaseHub } from "./registry.js";
import { DEAF, Session } from "./session.js";

class Feed {
  constructor(_parent, data) {
    this.update(data);
  }

  update(data) {
    if (data.run === this.hub?.token) return;
    this.close();
    this.hub = acquireHub(data.run);
    this.session = new Session(this.hub, data.ws, DEAF);
    // frames are dropped as they come
    this.session.suspend(true);
  }

  close() {
    if (!this.hub) return;
    this.session.close();
    releaseHub(this.hub);
    this.hub = null;
  }
}

/** Data: {run: string, ws: string}. */
export default mounting(Feed);
