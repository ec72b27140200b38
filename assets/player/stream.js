/** The WebSocket of a run: reconnects with back-off, opens messages in order, hands them on. */

import { openMessage } from "./wire.js";

const BACK_OFF_MS = [250, 500, 1000, 2000, 4000];
const UNKNOWN_RUN = 4404;
const REFUSED = 4403;

/**
 * @typedef {object} Receiver
 * @property {(message: object) => void} text A parsed JSON message.
 * @property {(message: import("./wire.js").Message) => void} binary An opened binary message.
 * @property {(state: "connecting"|"open"|"lost"|"ended"|"refused", text?: string) => void} link
 */

export class Stream {
  /**
   * @param {string} path Path of the socket on this origin.
   * @param {Receiver} receiver
   */
  constructor(path, receiver) {
    this.url = new URL(path, location.href);
    this.url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.receiver = receiver;
    this.bytes = 0;
    this.attempt = 0;
    this.closed = false;
    this.timer = 0;
    this.#connect();
  }

  #connect() {
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    // messages of an older socket may still be in its queue: each socket has its own
    const queue = [];
    let pumping = false;
    const pump = async () => {
      pumping = true;
      while (queue.length && socket === this.socket && !this.closed) {
        const data = queue.shift();
        try {
          if (typeof data === "string") this.receiver.text(JSON.parse(data));
          else {
            const message = await openMessage(data);
            if (socket === this.socket && !this.closed) this.receiver.binary(message);
          }
        } catch (error) {
          this.receiver.text({ t: "error", text: error.message });
        }
      }
      pumping = false;
    };
    socket.onopen = () => {
      this.attempt = 0;
      this.receiver.link("open");
    };
    socket.onmessage = ({ data }) => {
      this.bytes += typeof data === "string" ? data.length : data.byteLength;
      queue.push(data);
      if (!pumping) pump();
    };
    socket.onclose = ({ code, reason }) => {
      if (this.closed || socket !== this.socket) return;
      if (code === UNKNOWN_RUN) this.receiver.link("ended", reason);
      else if (code === REFUSED) this.receiver.link("refused", reason);
      else {
        this.receiver.link("lost");
        const wait = BACK_OFF_MS[Math.min(this.attempt, BACK_OFF_MS.length - 1)];
        this.attempt += 1;
        this.timer = setTimeout(() => this.#connect(), wait);
      }
    };
  }

  /** Send a JSON message; dropped while there is no connection. */
  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** Close for good. */
  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.socket.close();
  }
}
