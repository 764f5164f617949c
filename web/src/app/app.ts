/** Puts the page together: bar, graph with outline and inspector, and the other pages. */

import { GraphCanvas, type Paint } from "../graph";
import { showInCharts } from "../charts/linked";
import { inspect } from "../inspector/inspector";
import { count, si } from "../model/format";
import type { Direction } from "../model/backward";
import { ROOT } from "../model/graph";
import { LogScale, type Measure, colourAt, measures, positive, sequential } from "../model/measures";
import type { RunIndex } from "../model/run";
import { pageContent } from "../pages/pages";
import { counterpart, directionAsked, directionFor, directionKeys, DirectionSwitch } from "./directions";
import { h, icon, s } from "./dom";
import { followAddress, readLink } from "./links";
import { Outline, topList } from "./outline";
import { searchBox } from "./search";
import { type Choice, PAGES, type Page, Store } from "./store";

export class App {
  readonly store: Store;
  readonly graph: GraphCanvas;
  private readonly measures: Measure[];
  private readonly outline: Outline;
  private readonly directions: DirectionSwitch;
  private readonly graphHost = h("div", { class: "graph-host" });
  private readonly outlinePane = h("aside", { class: "outline", "aria-label": "Outline" });
  private readonly inspector = h("aside", { class: "inspector", "aria-label": "Inspector" });
  private readonly crumbs = h("nav", { "aria-label": "Path" });
  private readonly viewFacts = h("span", {});
  private readonly legend = h("div", { class: "legend" });
  private readonly top = h("div", {});
  private readonly pages = new Map<Page, HTMLElement>();
  private readonly tabs = new Map<Page, HTMLButtonElement>();

  constructor(
    host: HTMLElement,
    private readonly run: RunIndex,
  ) {
    this.measures = measures(run);
    this.directions = new DirectionSwitch(run, (direction) => this.turn(direction));
    this.store = new Store(this.firstChoice());
    document.documentElement.dataset["theme"] = this.store.get().theme;
    const choose = (node: string | null) => this.choose(node);
    this.outline = new Outline(run, {
      choose,
      opened: (node, open) => (open ? this.graph.expand(node) : this.graph.collapse(node)),
    });
    for (const page of PAGES) this.pages.set(page, h("main", { class: "page", id: `page-${page}` }));
    this.pages.get("graph")!.classList.add("graph-page");
    this.pages.get("graph")!.append(this.outlinePane, this.stage(), this.inspector);
    this.outlinePane.append(
      h("div", { class: "pane-title" }, h("b", {}, "Modules"), h("span", {}, `share of ${si(run.parameterCount(ROOT))}, %`)),
      this.outline.tree,
      this.top,
    );
    host.replaceChildren(this.bar(), ...this.pages.values());
    this.showPage();
    this.graph = new GraphCanvas(this.graphHost, {
      graph: run.graphOf(this.store.get().graph),
      foldRows: run.rows("folds"),
      parameterCount: (id) => run.parameterCount(id),
      onSelect: choose,
      onViewChange: () => this.showView(),
    });
    this.graphHost.append(this.legend);
    this.viewFacts.after(this.graph.toolbar.element);
    this.store.subscribe((choice, changed) => this.follow(choice, changed));
    followAddress(this.store, (node) => run.node(node) !== undefined, (node, asked) => directionAsked(run, node, asked));
    this.directions.show(this.store.get().graph);
    this.recolour();
    this.showNode();
  }

  /** Choose a node, or nothing, and show it wherever it is drawn. */
  choose(node: string | null): void {
    const chosen = node === "" ? null : node;
    this.store.set({ node: chosen, graph: this.directionFor(chosen) });
  }

  /** Draw another graph, with what stands for the chosen node in it. */
  turn(direction: Direction): void {
    this.store.set({ graph: direction, node: counterpart(this.run, this.store.get().node, direction) });
  }

  private directionFor(node: string | null): Direction {
    return directionFor(this.run, node, this.store.get().graph);
  }

  /** Choose a node from another page: the graph shows it. */
  private locate(node: string): void {
    this.store.set(node === "" ? { node: null } : { node, page: "graph", graph: this.directionFor(node) });
  }

  private firstChoice(): Choice {
    const link = readLink(location.hash);
    const known = (name: string | undefined) => this.measures.find((m) => m.name === name)?.name;
    const node = link.node != null && this.run.node(link.node) ? link.node : null;
    return {
      page: link.page ?? "graph",
      graph: directionAsked(this.run, node, link.graph),
      node,
      colour: known(link.colour) ?? known("gradients") ?? this.measures[0]?.name ?? "",
      theme: storedTheme() ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"),
    };
  }

  private follow(choice: Choice, changed: ReadonlySet<keyof Choice>): void {
    if (changed.has("theme")) {
      document.documentElement.dataset["theme"] = choice.theme;
      this.graph.setTheme(choice.theme);
    }
    if (changed.has("node")) showInCharts({ selected: choice.node });
    if (changed.has("page") || changed.has("theme") || (changed.has("node") && choice.page === "findings"))
      this.showPage();
    if (changed.has("graph")) {
      this.graph.setGraph(this.run.graphOf(choice.graph));
      this.directions.show(choice.graph);
    }
    if (changed.has("colour") || changed.has("theme") || changed.has("graph")) this.recolour();
    if (changed.has("node") || changed.has("theme")) this.showNode();
  }

  private showPage(): void {
    const { page, theme, node } = this.store.get();
    for (const [name, element] of this.pages) element.classList.toggle("current", name === page);
    for (const [name, tab] of this.tabs) tab.setAttribute("aria-selected", String(name === page));
    if (page === "graph") return;
    const context = { theme, node, choose: (id: string) => this.locate(id), open: (to: Page) => this.store.set({ page: to }) };
    this.pages.get(page)!.replaceChildren(pageContent(this.run, page, context));
  }

  private showNode(): void {
    const { node } = this.store.get();
    this.graph.select(node, { reveal: node !== null });
    this.outline.select(node);
    this.inspector.replaceChildren(...inspect(this.run, node, (id) => this.locate(id)));
    this.inspector.scrollTop = 0;
    const path = node === null || node === ROOT ? [] : [...this.run.graphWith(node).ancestors(node).filter((id) => id !== ROOT).reverse(), node];
    const crumb = (id: string, text: string) => h("button", { type: "button", click: () => this.choose(id) }, text);
    const parts = [crumb(ROOT, this.run.run.name), ...path.map((id) => crumb(id, this.run.node(id)?.name ?? id))];
    this.crumbs.replaceChildren(...parts.flatMap((part, i) => (i ? [h("span", { class: "faint" }, "›"), part] : [part])));
  }

  private showView(): void {
    if (!this.graph) return; // the canvas reports its first view while it is being made
    const { graph } = this.store.get();
    const nodes = [...this.run.graphOf(graph).nodes.values()];
    const total = (kind: string, name: string) => `${count(nodes.filter((node) => node.kind === kind).length)} ${name}`;
    const what = [graph !== "backward" && total("op", "operations"), graph !== "forward" && total("backward", "steps")];
    const { shown } = this.graph.view();
    this.viewFacts.textContent = [...what.filter(Boolean), `${count(shown)} shown`].join(" · ");
  }

  private recolour(): void {
    const { colour, theme, graph } = this.store.get();
    const measure = this.measures.find((m) => m.name === colour);
    const keys = directionKeys(graph);
    this.legend.hidden = !measure && !keys;
    this.legend.replaceChildren(...(keys ? [keys] : []));
    if (!measure) return;
    const leaves = [...this.run.graph.nodes.values()].map((node) => node.id).filter((id) => id !== ROOT);
    const scale = new LogScale(leaves.map((id) => measure.value(id)).filter(positive));
    this.graph.setPaint((id) => this.paint(id, measure, scale, theme));
    this.legend.replaceChildren(...legendParts(measure, scale, theme), ...(keys ? [keys] : []));
    this.top.replaceChildren(
      topList(this.run, measure, (value) => colourAt(scale.at(value), theme), (id) => this.choose(id)),
    );
    this.showView();
  }

  private paint(id: string, measure: Measure, scale: LogScale, theme: "light" | "dark"): Paint {
    const value = measure.value(id);
    if (value !== null && value > 0)
      return { fill: colourAt(scale.at(value), theme), value: measure.format(value), state: "value" };
    if (value !== null) return { fill: null, value: Number.isFinite(value) ? "0" : "✕", state: "none" };
    const node = this.run.graph.nodes.get(id);
    const could = node?.kind === "module" && (measure.ofParameters ? this.run.parameterCount(id) > 0 : false);
    return { fill: null, state: could ? "unmeasured" : "none" };
  }

  private stage(): HTMLElement {
    const capture = this.run.graph.graph.capture;
    const problems = [capture.error, ...capture.unlinked].filter((text): text is string => text !== null);
    const action = (text: string, act: () => void) => h("button", { type: "button", class: "link", click: act }, text);
    return h(
      "div",
      { class: "stage" },
      h(
        "div",
        { class: "crumbs" },
        this.crumbs,
        this.directions.element, h("div", { class: "actions" }, this.viewFacts, action("Open all", () => this.graph.expand("all")), action("Close all", () => this.graph.collapse("all"))),
      ),
      problems.length > 0 &&
        h("div", { class: "banner", role: "status" }, h("span", { class: "glyph error" }, "▲"), h("span", {}, `Partial graph. ${problems.join("; ")}`)),
      this.graphHost,
    );
  }

  private bar(): HTMLElement {
    const { run } = this.run;
    const drawer = h("button", { type: "button", class: "icon-button drawer-button", "aria-label": "Outline", click: () => this.outlinePane.classList.toggle("open") }, icon("drawer"));
    const theme = h(
      "button",
      { type: "button", class: "icon-button", "aria-label": "Light or dark", click: () => this.switchTheme() },
      icon("theme"),
    );
    const facts = [run.facts["device"], run.model ? `${si(run.model.parameter_count)} parameters` : null, run.facts["mode"]];
    return h(
      "header",
      { class: "bar" },
      drawer,
      h("div", { class: "brand" }, globe(), "TorchAtlas"),
      h("div", { class: "run-name", title: run.name }, run.name, h("span", {}, facts.filter(Boolean).join(" · "))),
      h("div", { class: "tabs", role: "tablist" }, ...PAGES.map((page) => this.tab(page))),
      searchBox(this.run, (node) => this.locate(node)),
      this.picker(),
      theme,
    );
  }

  private tab(page: Page): HTMLElement {
    const findings = this.run.run.findings.length;
    const tab = h(
      "button",
      { type: "button", role: "tab", "aria-selected": "false", "aria-controls": `page-${page}`, click: () => this.store.set({ page }) },
      page.charAt(0).toUpperCase() + page.slice(1),
      page === "findings" && h("span", { class: "count" }, String(findings)),
    );
    this.tabs.set(page, tab);
    return tab;
  }

  private picker(): HTMLElement {
    const select = h(
      "select",
      { id: "colour-by", change: (event) => this.store.set({ colour: (event.target as HTMLSelectElement).value }) },
      ...this.measures.map((m) => h("option", { value: m.name }, m.label)),
    );
    select.value = this.store.get().colour;
    this.store.subscribe((choice) => (select.value = choice.colour));
    return h("div", { class: "picker" }, h("label", { for: "colour-by" }, "Colour by"), select);
  }

  private switchTheme(): void {
    const theme = this.store.get().theme === "dark" ? "light" : "dark";
    this.store.set({ theme });
    try {
      localStorage.setItem("torchatlas-theme", theme);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // a sandboxed frame has no storage
    }
  }
}

function storedTheme(): "light" | "dark" | null {
  try {
    const stored = localStorage.getItem("torchatlas-theme");
    return stored === "light" || stored === "dark" ? stored : null;
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}

function legendParts(measure: Measure, scale: LogScale, theme: "light" | "dark"): HTMLElement[] {
  const ramp = h("div", { class: "legend-ramp" });
  ramp.style.background = `linear-gradient(90deg, ${sequential(theme).join(", ")})`;
  const ticks = scale.ticks().map((tick) => {
    const mark = h("span", {}, measure.format(tick));
    mark.style.left = `${Math.min(94, Math.max(6, 100 * scale.at(tick)))}%`;
    return mark;
  });
  return [
    h("div", { class: "legend-title" }, measure.label),
    h("div", { class: "faint" }, `${measure.note}, log`),
    ramp,
    h("div", { class: "legend-ticks" }, ...ticks),
    h(
      "div",
      { class: "legend-keys" },
      h("span", {}, h("i", {}), measure.ofParameters ? "no parameters" : (measure.without ?? "no value")),
      h("span", {}, h("i", { class: "hatched" }), "not measured"),
    ),
    ...(measure.coverage ? [h("div", { class: "legend-coverage faint" }, measure.coverage)] : []),
  ];
}

function globe(): SVGSVGElement {
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
