/** What the components on one page share about a run, keyed by its token. The player feeds it. */

/** @typedef {"scene"|"status"|"events"|"activity"|"inspect"|"summary"|"select"|"follow"|"link"|"peek"|"mode"|"snapshot"|"said"} Topic */

class Hub {
  /** @param {string} token */
  constructor(token) {
    this.token = token;
    this.users = 0;
    this.facts = null;
    this.status = null;
    this.events = [];
    this.activity = { from: 0, every: 10, values: [] };
    this.inspect = null;
    this.summary = null;
    /** Latest whole picture of a world that is not agents on a plane: {step, epoch, facts, blobs}. */
    this.snapshot = null;
    /** Latest answer to a command: {name, id, text} or {name, id, error}. */
    this.said = null;
    this.selected = -1;
    /** Agent that a list beside the picture points at, or -1. */
    this.peeked = -1;
    this.follow = false;
    /** "live" or "replay": whether the picture shows the present. */
    this.mode = "live";
    /** {state: "connecting"|"open"|"lost"|"ended"|"refused", since: ms, text?: string} */
    this.link = { state: "connecting", since: performance.now() };
    /** What the server last complained about, "" when all is well. */
    this.error = "";
    /** @type {(message: object) => void} */
    this.send = () => {};
    this.listeners = new Map();
  }

  /**
   * Listen to a topic.
   * @param {Topic} topic
   * @param {() => void} listener
   * @returns {() => void} Stop listening.
   */
  on(topic, listener) {
    if (!this.listeners.has(topic)) this.listeners.set(topic, new Set());
    this.listeners.get(topic).add(listener);
    return () => this.listeners.get(topic).delete(listener);
  }

  /** @param {Topic} topic */
  emit(topic) {
    for (const listener of this.listeners.get(topic) ?? []) listener();
  }

  /**
   * Select an agent, or none with -1.
   * @param {number} agent
   */
  select(agent) {
    if (agent === this.selected) return;
    this.selected = agent;
    this.inspect = null;
    if (agent < 0 && this.follow) this.setFollow(false);
    this.send({ do: "select", agent: agent < 0 ? null : agent });
    this.emit("select");
  }

  /** @param {boolean} follow */
  setFollow(follow) {
    const wanted = follow && this.selected >= 0;
    if (wanted === this.follow) return;
    this.follow = wanted;
    this.emit("follow");
  }

  /** Point at an agent from a list beside the picture, or at none with -1. */
  peek(agent) {
    if (agent === this.peeked) return;
    this.peeked = agent;
    this.emit("peek");
  }

  /** The sorts of agents one after the other: [{prefix, noun, count, from}]. */
  get groups() {
    const { facts } = this;
    const groups = facts?.groups ?? [{ prefix: facts?.agent_prefix ?? "", noun: "", count: facts?.agents ?? 0 }];
    let from = 0;
    return groups.map((group) => {
      from += group.count;
      return { ...group, from: from - group.count };
    });
  }

  /** Name of an agent as the scene spells it, "R-0281". */
  agentName(agent) {
    const { groups } = this;
    const { prefix, from, count } = groups.findLast((group) => agent >= group.from) ?? groups[0];
    const digits = Math.max(4, String(Math.max(0, count - 1)).length);
    return `${prefix}${String(agent - from).padStart(digits, "0")}`;
  }

  /**
   * The agent that a text means: "281", "r-0281"; a number alone is one of the first sort.
   * @param {string} text
   * @param {string} noun What to call one of the first sort.
   * @returns {number|string} The agent, or what is wrong.
   */
  find(text, noun) {
    const said = (text ?? "").trim();
    const digits = /(\d+)$/.exec(said);
    const { groups } = this;
    const head = said.slice(0, digits?.index ?? 0).toLowerCase();
    const group = (head && groups.find((g) => g.prefix.toLowerCase().startsWith(head[0]))) || groups[0];
    const number = digits ? Number(digits[1]) : NaN;
    if (number < group.count) return group.from + number;
    return `no ${said || noun}: 0 to ${group.count - 1}`;
  }

  /** Seconds since midnight at a step. */
  clockAt(step) {
    return (this.facts?.origin_s ?? 0) + step * (this.facts?.step_s ?? 1);
  }
}

const hubs = new Map();

/**
 * The hub of a run; it lives while somebody holds it.
 * @param {string} token
 * @returns {Hub}
 */
export function acquireHub(token) {
  if (!hubs.has(token)) hubs.set(token, new Hub(token));
  const hub = hubs.get(token);
  hub.users += 1;
  return hub;
}

/** @param {Hub} hub */
export function releaseHub(hub) {
  hub.users -= 1;
  if (hub.users === 0) hubs.delete(hub.token);
}
