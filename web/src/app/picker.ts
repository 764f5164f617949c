/** The list of what nodes can be coloured by: by table, and searchable where it is long. */

import { h, icon, named } from "./dom";

/** What stands in the list. */
export interface Pickable {
  name: string;
  label: string;
  /** Heading that it stands under. */
  table: string;
  note: string;
}

/** More measures than this are searched, fewer are seen at once. */
const MOST_AT_A_GLANCE = 10;

export class ColourPicker {
  readonly element: HTMLElement;
  private readonly name = h("b", {});
  private readonly button: HTMLButtonElement;
  private readonly panel = h("div", { class: "picker-panel", hidden: true });
  private readonly search = h("input", { type: "search", role: "combobox", "aria-label": "Search what to colour by", "aria-controls": "colour-list", "aria-expanded": "true", placeholder: "Search", autocomplete: "off" });
  private readonly list = h("div", { id: "colour-list", class: "picker-list", role: "listbox", "aria-label": "Colour by", tabindex: -1 });
  private shown: Pickable[] = [];
  private current = 0;
  private chosen = "";

  constructor(
    private readonly measures: readonly Pickable[],
    private readonly choose: (name: string) => void,
  ) {
    this.button = h(
      "button",
      { type: "button", class: "picker-button", "aria-haspopup": "listbox", "aria-expanded": "false", disabled: !measures.length, click: () => this.toggle() },
      h("span", { class: "picker-label" }, "Colour by"),
      this.name,
      icon("open"),
    );
    this.search.hidden = measures.length <= MOST_AT_A_GLANCE;
    this.panel.append(this.search, this.list);
    this.element = h("div", { class: "picker" }, this.button, this.panel);
    this.search.addEventListener("input", () => this.render());
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("focusout", (event) => {
      if (!this.element.contains(event.relatedTarget as Node | null)) this.close(false);
    });
  }

  show(name: string): void {
    this.chosen = name;
    this.name.replaceChildren(named(this.measures.find((measure) => measure.name === name)?.label ?? "nothing"));
    if (!this.panel.hidden) this.render();
  }

  private toggle(): void {
    if (!this.panel.hidden) return this.close(true);
    this.panel.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.search.value = "";
    this.render();
    (this.search.hidden ? this.list : this.search).focus();
  }

  private close(refocus: boolean): void {
    this.panel.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    if (refocus) this.button.focus();
  }

  private render(): void {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    this.shown = this.measures.filter((measure) => {
      const text = `${measure.label} ${measure.table} ${measure.note} ${measure.name}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    this.current = Math.max(0, this.shown.findIndex((measure) => measure.name === this.chosen));
    const tables = [...new Set(this.shown.map((measure) => measure.table))];
    this.list.replaceChildren(
      ...tables.map((table) =>
        h(
          "div",
          { role: "group", "aria-label": table },
          h("div", { class: "picker-table", "aria-hidden": "true" }, table),
          ...this.shown.filter((measure) => measure.table === table).map((measure) => this.option(measure)),
        ),
      ),
      ...(this.shown.length ? [] : [h("div", { class: "faint picker-none" }, "Nothing is called so.")]),
    );
    this.mark();
  }

  private option(measure: Pickable): HTMLElement {
    const at = this.shown.indexOf(measure);
    const pick = () => this.pick(at);
    return h(
      "div",
      { role: "option", id: `colour-option-${at}`, "data-measure": measure.name, "aria-selected": String(measure.name === this.chosen), title: measure.note, click: pick },
      measure.label,
    );
  }

  private mark(): void {
    for (const option of this.list.querySelectorAll(".current")) option.classList.remove("current");
    const option = this.list.querySelector(`#colour-option-${this.current}`);
    option?.classList.add("current");
    option?.scrollIntoView({ block: "nearest" });
    for (const field of [this.search, this.list])
      if (option) field.setAttribute("aria-activedescendant", option.id);
      else field.removeAttribute("aria-activedescendant");
  }

  private pick(at: number): void {
    const measure = this.shown[at];
    if (!measure) return;
    this.close(true);
    this.choose(measure.name);
  }

  private key(event: KeyboardEvent): void {
    if (this.panel.hidden) return;
    const last = this.shown.length - 1;
    if (event.key === "ArrowDown") this.current = Math.min(last, this.current + 1);
    else if (event.key === "ArrowUp") this.current = Math.max(0, this.current - 1);
    else if (event.key === "Home" && this.search.hidden) this.current = 0;
    else if (event.key === "End" && this.search.hidden) this.current = last;
    else if (event.key === "Enter") this.pick(this.current);
    else if (event.key === "Escape") this.close(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.mark();
  }
}
