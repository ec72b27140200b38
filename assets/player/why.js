/** Why this match: the candidates' terms side by side; a row points at its driver on the map. */

import { element, fillList, setText } from "./dom.js";

export class Why {
  /**
   * @param {(agent: number) => void} point Point at an agent, or at none with -1.
   * @param {(agent: number) => void} choose
   */
  constructor(point, choose) {
    this.point = point;
    this.choose = choose;
    this.title = element("span.why-title");
    this.note = element("span");
    this.head = element("tr");
    this.body = element("tbody", { onpointerleave: () => point(-1) });
    this.sentence = element("p");
    this.node = element(
      "section.why",
      { hidden: true },
      element("h3", {}, this.title, this.note),
      element("table", {}, element("thead", {}, this.head), this.body),
      this.sentence,
    );
  }

  #row() {
    const node = element("tr", { tabindex: "0" });
    node.addEventListener("pointerenter", () => this.point(Number(node.dataset.agent)));
    node.addEventListener("focus", () => this.point(Number(node.dataset.agent)));
    node.addEventListener("blur", () => this.point(-1));
    node.addEventListener("click", () => this.#chosen(node));
    node.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.#chosen(node);
    });
    return node;
  }

  #chosen(node) {
    this.point(-1);
    this.choose(Number(node.dataset.agent));
  }

  /**
   * @param {?{title: string, note: string, columns: string[], rows: {letter: string, agent: number,
   *     chosen: boolean, cells: string[]}[], sentence: string}} why
   */
  write(why) {
    this.node.hidden = !why;
    if (!why) return;
    setText(this.title, why.title);
    setText(this.note, why.note);
    fillList(this.head, why.columns, () => element("th", { scope: "col" }), setText);
    fillList(
      this.body,
      why.rows,
      () => this.#row(),
      (node, row) => {
        node.dataset.agent = row.agent;
        node.classList.toggle("chosen", Boolean(row.chosen));
        const [first, ...rest] = row.cells;
        fillList(node, [`${row.letter} ${first}`, ...rest], () => element("td"), setText);
      },
    );
    setText(this.sentence, why.sentence ?? "");
  }
}
