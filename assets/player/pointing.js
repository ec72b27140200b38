/** Whom the pointer, the find box and Tab mean. */

/** How many agents around the selected one Tab walks. */
const NEIGHBOURS = 6;
/** How far from an agent a click and a hover still mean it. */
const PICK_PX = 14;
const HOVER_PX = 10;

export class Pointing {
  /** @param {object} player The stage, hub, session and painter of the picture that is pointed at. */
  constructor(player) {
    this.player = player;
    /** Where the pointer is on the canvas, or null. */
    this.at = null;
    this.hovered = -1;
    this.hoverSince = 0;
    this.peeked = -1;
    /** Who the selected agent is, where one number serves several after each other. */
    this.subject = null;
  }

  /** Select what lies under a point of the canvas; where nobody is, the place itself may be meant. */
  pick(x, y) {
    const { hub, stage, painter, layers } = this.player;
    const agent = this.#agentAt(x, y, PICK_PX);
    hub.select(agent);
    if (agent >= 0) return;
    const wish = painter?.pressed?.(layers, stage.camera.worldX(x), stage.camera.worldY(y));
    if (wish) hub.send(wish);
  }

  /** A layer has been switched: some pictures are asked for, about the selected one or the middle. */
  switched(id, on) {
    const { hub, stage, painter } = this.player;
    const { camera } = stage;
    const about =
      hub.selected >= 0 && painter
        ? painter.position(hub.selected)
        : { x: camera.worldX(camera.width / 2), y: camera.worldY(camera.height / 2) };
    const wish = painter?.switched?.(id, on, about);
    if (wish) hub.send(wish);
  }

  /** Where a press on the small map means, or null outside it. */
  locate(x, y) {
    const { stage, painter } = this.player;
    const { camera } = stage;
    return camera.partial ? (painter?.locate(x * camera.ratio, y * camera.ratio) ?? null) : null;
  }

  /** Select by what was typed. @returns {?string} What is wrong with it. */
  find(text) {
    const agent = this.#parse(text);
    if (typeof agent === "string") return agent;
    const { hub, stage, painter } = this.player;
    hub.select(agent);
    const at = painter.position(agent);
    if (!stage.camera.fitted) stage.camera.lookAt(at.x, at.y);
    stage.canvas.focus();
    return null;
  }

  /** Show whom a half typed text means. @returns {?string} What is wrong with it. */
  peek(text) {
    this.peeked = -1;
    if (!text) return null;
    const agent = this.#parse(text);
    if (typeof agent === "string") return agent;
    this.peeked = agent;
    return null;
  }

  /** Select the next of the selected agent's neighbours, by number: Tab and Shift+Tab undo each other. */
  walk(direction) {
    const { hub, painter } = this.player;
    if (hub.selected < 0 || !painter) return false;
    const near = painter.neighbours(hub.selected, NEIGHBOURS);
    if (!near.length) return false;
    const next =
      direction > 0
        ? (near.find((i) => i > hub.selected) ?? near[0])
        : (near.findLast((i) => i < hub.selected) ?? near.at(-1));
    hub.select(next);
    return true;
  }

  /** Once a frame: light up what the pointer is on. */
  hover(now) {
    const { stage, legend, session } = this.player;
    const hovered = this.at ? this.#agentAt(this.at.x, this.at.y, HOVER_PX) : -1;
    if (hovered === this.hovered) return;
    this.hovered = hovered;
    this.hoverSince = now;
    stage.canvas.classList.toggle("over", hovered >= 0);
    legend.light(hovered >= 0 ? session.reel.after.state[hovered] & 7 : -1);
  }

  /** Who has left the map, or whose place another has taken, is no longer selected. */
  dropGone() {
    const { hub, painter } = this.player;
    if (hub.selected < 0 || !painter.present) return;
    const { subject } = hub.inspect ?? {};
    if (!painter.present(hub.selected) || (this.subject && subject && this.subject !== subject)) hub.select(-1);
    else this.subject = subject ?? null;
  }

  #agentAt(x, y, reach) {
    const { stage, painter, session } = this.player;
    const { camera } = stage;
    if (!painter || !session.reel.loaded) return -1;
    return painter.pick(camera.worldX(x), camera.worldY(y), reach / camera.scale);
  }

  /** @returns {number|string} The agent, or what is wrong. */
  #parse(text) {
    const { hub, painter, Painter } = this.player;
    const agent = hub.find(text, Painter?.noun);
    if (typeof agent === "string" || !painter?.present || painter.present(agent)) return agent;
    return `${hub.agentName(agent)} is not on the map`;
  }
}
