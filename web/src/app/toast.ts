/** A line at the foot of the page that says what could not be done; it goes when it is sent away. */

import { h, named } from "./dom";

export class Toast {
  private readonly words = h("span", {});
  readonly element = h(
    "div",
    { class: "toast", hidden: true },
    h("span", { class: "glyph warning", "aria-hidden": "true" }, "◆"),
    h("div", { role: "status" }, this.words),
    h("button", { type: "button", class: "link", click: () => this.hide() }, "Dismiss"),
  );

  /** Say it, or be silent where there is nothing to say. */
  say(sentences: readonly string[]): void {
    this.element.hidden = !sentences.length;
    this.words.replaceChildren(named(sentences.join("; ")));
  }

  private hide(): void {
    this.element.hidden = true;
  }
}
