/** A run's words without its picture, for views that draw the run in another way. */

import { acquireHub, releaseHub } from "./registry.js";
import { Session } from "./session.js";

const nothing = () => {};
const SINK = { scene: nothing, array: nothing, layer: nothing, key: nothing, frame: nothing };

const feeds = new WeakMap();

function open(data) {
  const hub = acquireHub(data.run);
  const session = new Session(hub, data.ws, SINK);
  // frames are dropped as they come
  session.suspend(true);
  return {
    run: data.run,
    close() {
      session.close();
      releaseHub(hub);
    },
  };
}

/**
 * Listen to a run.
 * @param {{data: {run: string, ws: string}, parentElement: Element|ShadowRoot}} component
 * @returns {() => void} Stop.
 */
export default function mount({ data, parentElement }) {
  if (feeds.get(parentElement)?.run !== data.run) {
    feeds.get(parentElement)?.close();
    feeds.set(parentElement, open(data));
  }
  return () => {
    feeds.get(parentElement)?.close();
    feeds.delete(parentElement);
  };
}
