/** The bar over all pages: what is looked at, the pages, the search, the colours, light or dark. */

import { si } from "../model/format";
import type { RunIndex } from "../model/run";
import { h, icon, s } from "./dom";
import { fullScreenButton } from "./fullscreen";
import { ColourPicker, type Pickable } from "./picker";
import { searchBox } from "./search";
import type { Page } from "./store";

export interface BarActions {
  open: (page: Page) => void;
  locate: (node: string) => void;
  colourBy: (name: string) => void;
  switchTheme: () => void;
  toggleOutline: () => void;
}

export class Bar {
  readonly element: HTMLElement;
  private readonly tabs = new Map<Page, HTMLButtonElement>();
  private readonly picker: ColourPicker;

  constructor(
    private readonly run: RunIndex,
    title: string,
    pages: readonly Page[],
    pickable: readonly Pickable[],
    private readonly actions: BarActions,
  ) {
    this.picker = new ColourPicker(pickable, actions.colourBy);
    const { facts, model } = run.run;
    const isOne = !pages.includes("compare"); // of several runs the title says enough
    const about = !isOne ? [] : [facts["device"], model ? `${si(model.parameter_count)} parameters` : null, facts["mode"]];
    this.element = h(
      "header",
      { class: "bar" },
      h("button", { type: "button", class: "icon-button drawer-button", "aria-label": "Outline", click: actions.toggleOutline }, icon("drawer")),
      h("div", { class: "brand" }, globe(), h("span", {}, "TorchAtlas")),
      h("div", { class: "run-name", title }, title, h("span", {}, about.filter(Boolean).join(" · "))),
      h("div", { class: "tabs", role: "tablist" }, ...pages.map((page) => this.tab(page))),
      searchBox(run, actions.locate),
      this.picker.element,
      h("button", { type: "button", class: "icon-button", "aria-label": "Light or dark", click: actions.switchTheme }, icon("theme")),
      fullScreenButton(),
    );
  }

  showPage(page: Page): void {
    for (const [name, tab] of this.tabs) tab.setAttribute("aria-selected", String(name === page));
    this.tabs.get(page)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  showColour(name: string): void {
    this.picker.show(name);
  }

  /** Findings come and go while a run grows. */
  countFindings(): void {
    const count = this.tabs.get("findings")?.querySelector(".count");
    if (count) count.textContent = String(this.run.run.findings.length);
  }

  private tab(page: Page): HTMLElement {
    const tab = h(
      "button",
      { type: "button", role: "tab", "aria-selected": "false", "aria-controls": `page-${page}`, click: () => this.actions.open(page) },
      page.charAt(0).toUpperCase() + page.slice(1),
      page === "findings" && h("span", { class: "count" }, String(this.run.run.findings.length)),
    );
    this.tabs.set(page, tab);
    return tab;
  }
}

/** The mark of TorchAtlas. */
export function globe(): SVGSVGElement {
  const line = (d: string) => s("path", { d, fill: "none", stroke: "currentColor", "stroke-width": 1.5 });
  return s(
    "svg",
    { viewBox: "0 0 20 20", "aria-hidden": "true" },
    s("circle", { cx: 10, cy: 10, r: 8.5, fill: "none", stroke: "currentColor", "stroke-width": 1.7 }),
    line("M10 1.5c5.5 5 5.5 12 0 17M10 1.5c-5.5 5-5.5 12 0 17M2.4 6.8c4.6 2 10.6 2 15.2 0M2.4 13.2c4.6-2 10.6-2 15.2 0"),
    s("circle", { cx: 6.6, cy: 7.9, r: 1.7, fill: "currentColor" }),
    s("circle", { cx: 13.6, cy: 12.2, r: 1.7, fill: "currentColor" }),
  );
}
