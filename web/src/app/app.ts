/** Puts the page together: bar, graph with outline and inspector, and the other pages. */

import { showInCharts } from "../charts/linked";
import { GraphCanvas } from "../graph";
import { inspect } from "../inspector/inspector";
import type { Direction } from "../model/backward";
import type { ComparisonIndex } from "../model/comparison";
import { FoldIndex } from "../model/foldindex";
import { count, si } from "../model/format";
import { ROOT } from "../model/graph";
import { type Measure, measures } from "../model/measures";
import type { RunIndex } from "../model/run";
import { ComparePage } from "../pages/compare";
import { renewCards } from "../live/renew";
import { firstPage, noGraph } from "../pages/openings";
import { type PageContext, pageContent, shownOf } from "../pages/pages";
import { Bar } from "./bar";
import { Colouring } from "./colouring";
import { DIFFERENCES, differenceLegend, paintDifference } from "./differences";
import { counterpart, directionAsked, directionFor, directionKeys, DirectionSwitch } from "./directions";
import { h } from "./dom";
import { keeping } from "./keeping";
import { legendParts } from "./legend";
import { followable, followAddress, type Known } from "./links";
import { Outline, topList } from "./outline";
import { SplitSwitch, StepPicker } from "./steps";
import { type Choice, PAGES, type Page, Store, UNCHOSEN } from "./store";
import { storedTheme, storeTheme, systemTheme } from "./themes";
import { Toast } from "./toast";

export class App {
  readonly store: Store;
  readonly graph: GraphCanvas;
  readonly compare: ComparePage | null;
  private readonly measures: Measure[];
  private readonly folds: FoldIndex;
  private readonly outline: Outline;
  private readonly directions: DirectionSwitch;
  private readonly steps: StepPicker;
  /** The same at the foot of the training page. */
  private readonly trainingSteps: StepPicker;
  private readonly bar: Bar;
  private readonly toast = new Toast();
  private readonly graphHost = h("div", { class: "graph-host" });
  private readonly outlinePane = h("aside", { class: "outline", "aria-label": "Outline" });
  private readonly inspector = h("aside", { class: "inspector", "aria-label": "Inspector" });
  private readonly crumbs = h("nav", { "aria-label": "Path" });
  private readonly viewFacts = h("span", {});
  private readonly legend = h("div", { class: "legend" });
  private readonly top = h("div", {});
  private readonly pages = new Map<Page, HTMLElement>();
  private colouring: Colouring | null = null;
  /** What the inspector tells, and how far it is scrolled: a hidden page does not say. */
  private told: { node: string | null; scrolled: number } = { node: null, scrolled: 0 };

  constructor(
    host: HTMLElement,
    private readonly run: RunIndex,
    title: string,
    private readonly comparison: ComparisonIndex | null = null,
    private readonly detail: PageContext["detail"] = undefined,
  ) {
    this.measures = measures(run);
    this.folds = new FoldIndex(run);
    this.directions = new DirectionSwitch(run, (direction) => this.turn(direction));
    const known = this.known();
    const asked = followable(location.hash, known);
    const usual = this.usualChoice();
    this.store = new Store({ ...usual, theme: storedTheme() ?? systemTheme(), ...asked.link });
    document.documentElement.dataset["theme"] = this.store.get().theme;
    const choose = (node: string | null) => this.choose(node);
    this.steps = new StepPicker(run, (step) => this.store.set({ step }));
    this.trainingSteps = new StepPicker(run, (step) => this.store.set({ step }));
    this.outline = new Outline(run, this.folds, {
      choose,
      opened: (node, open) => (open ? this.graph.expand(node) : this.graph.collapse(node)),
    });
    for (const page of PAGES) if (known.page(page)) this.pages.set(page, h("main", { class: "page", id: `page-${page}` }));
    this.bar = new Bar(run, title, [...this.pages.keys()], this.pickable(), {
      open: (page) => this.store.set({ page }),
      locate: (node) => this.locate(node),
      colourBy: (colour) => this.store.set({ colour }),
      switchTheme: () => this.switchTheme(),
      toggleOutline: () => this.pages.get(this.store.get().page)?.querySelector(".outline")?.classList.toggle("open"),
    });
    this.pages.get("graph")!.classList.add("graph-page");
    this.pages.get("graph")!.append(this.outlinePane, this.stage(), this.inspector);
    this.outlinePane.append(
      h("div", { class: "pane-title" }, h("b", {}, "Modules"), h("span", {}, `share of ${si(run.parameterCount(ROOT))}, %`)),
      this.outline.tree,
      this.top,
      this.steps.element,
    );
    host.replaceChildren(this.bar.element, ...this.pages.values(), this.toast.element);
    this.showPage(); // before the graph, which fits itself to the room that it has
    this.compare = comparison && new ComparePage(this.pages.get("compare")!, comparison, this.store);
    this.graph = new GraphCanvas(this.graphHost, {
      graph: run.graphOf(this.store.get().graph),
      foldRows: run.rows("folds"),
      parameterCount: (id) => run.parameterCount(id),
      onSelect: choose,
      onToggle: (id, open) => this.outline.setOpen(id, open),
      onViewChange: () => this.showView(),
    });
    this.graphHost.append(this.legend);
    this.graph.leaveRoomFor(this.legend);
    if (!run.run.graph) this.graphHost.append(noGraph(run, (page) => this.store.set({ page })));
    this.viewFacts.after(this.graph.toolbar.element);
    this.inspector.addEventListener("scroll", () => (this.told.scrolled = this.inspector.scrollTop));
    this.store.subscribe((choice, changed) => this.follow(choice, changed));
    this.printLight();
    followAddress(this.store, known, usual, (problems) => this.toast.say(problems));
    this.directions.show(this.store.get().graph);
    this.steps.show(this.store.get().step);
    this.recolour();
    this.showNode();
    this.compare?.follow(this.store.get(), null);
    this.toast.say(asked.problems);
  }

  /** Choose a node, or nothing, and show it wherever it is drawn. */
  choose(node: string | null): void {
    const chosen = node === "" ? null : node;
    this.store.set({ node: chosen, side: null, graph: this.directionFor(chosen) });
  }

  /** The run has grown: show it, and leave what the person chose, opened, zoomed and scrolled to. */
  refresh(): void {
    const { page, step } = this.store.get();
    this.measures.splice(0, Infinity, ...measures(this.run));
    for (const picker of [this.steps, this.trainingSteps]) picker.renew(step);
    this.recolour();
    if (page === "graph") this.showNode(false);
    else if (page !== "compare") this.renewPage(page);
    this.bar.countFindings();
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
    const { page } = this.store.get();
    if (node === "") this.store.set({ node: null, side: null });
    else this.store.set({ node, side: null, page: page === "compare" ? page : "graph", graph: this.directionFor(node) });
  }

  private known(): Known {
    const { run, comparison } = this;
    return {
      node: (id, side) => (side === "before" ? comparison?.pair(null).before : run)?.node(id) !== undefined,
      colour: (name) => this.pickable().some((measure) => measure.name === name),
      page: (page) => page !== "compare" || comparison !== null,
      steps: run.steps,
      splits: run.splits,
      runs: comparison?.others ?? [],
      direction: (node, asked) => directionAsked(run, node, asked),
    };
  }

  /** What the graph can be coloured by; in a comparison also by what differs. */
  private pickable(): { name: string; label: string; table: string; note: string }[] {
    const differences = { name: DIFFERENCES, label: "Differences", table: "Comparison", note: "added, removed, changed and moved" };
    return this.comparison ? [differences, ...this.measures] : this.measures;
  }

  /** What is chosen where an address says nothing. */
  private usualChoice(): Omit<Choice, "theme"> {
    const usual = this.measures.find((measure) => measure.name === "gradients") ?? this.measures[0];
    const colour = this.comparison ? DIFFERENCES : (usual?.name ?? "");
    const hasGraphs = this.comparison?.pair(null).hasGraphs ?? false;
    return { ...UNCHOSEN, page: hasGraphs ? "compare" : firstPage(this.run), colour };
  }

  private follow(choice: Choice, changed: ReadonlySet<keyof Choice>): void {
    const has = (...keys: (keyof Choice)[]) => keys.some((key) => changed.has(key));
    if (has("theme")) {
      document.documentElement.dataset["theme"] = choice.theme;
      this.graph.setTheme(choice.theme);
    }
    if (has("node", "step")) showInCharts({ selected: choice.node, step: choice.step });
    if (has("graph")) {
      this.graph.setGraph(this.run.graphOf(choice.graph));
      this.directions.show(choice.graph);
    }
    if (has("step")) this.steps.show(choice.step);
    if (has("colour", "theme", "graph", "scale", "step", "split", "run")) this.recolour();
    if (has("page", "split") || (has("node") && choice.page === "findings")) this.showPage();
    if (has("node", "side", "theme", "colour", "scale", "step", "split", "page")) this.showNode(has("node", "side") || (has("page") && choice.page === "graph"));
    this.compare?.follow(choice, changed);
  }

  private showPage(): void {
    const { page, step } = this.store.get();
    for (const [name, element] of this.pages) element.classList.toggle("current", name === page);
    this.bar.showPage(page);
    if (page === "graph" || page === "compare") return;
    const element = this.pages.get(page)!;
    const scrolled = element.querySelector(".cards")?.scrollTop ?? 0;
    const content = pageContent(this.run, page, this.pageContext());
    if (element.firstChild) element.firstChild.replaceWith(content);
    else element.append(content, ...(page === "training" ? [this.trainingSteps.element] : []));
    this.trainingSteps.show(step);
    element.querySelector(".cards")?.scrollTo({ top: scrolled });
  }

  private pageContext(): PageContext {
    const { theme, node, step, split } = this.store.get();
    return {
      theme,
      node,
      step,
      split,
      choose: (id: string) => this.locate(id),
      chooseStep: (chosen: number) => this.store.set({ step: chosen }),
      open: (to: Page) => this.store.set({ page: to }),
      splitSwitch: () => this.splitSwitch(),
      ...(this.detail && { detail: this.detail }),
    };
  }

  /** Charts take the new data in; what stands beside them is written anew. */
  private renewPage(page: Page): void {
    const shown = this.pages.get(page)!.querySelector(".grid");
    const context = this.pageContext();
    const fresh = pageContent(this.run, page, { ...context, withoutCharts: true }).querySelector(".grid");
    const view = (name: string) => this.run.views.get(name);
    const isSame = shown && fresh && renewCards(shown, fresh, (name) => view(name) && shownOf(view(name)!, context));
    if (!isSame) this.showPage();
  }

  private splitSwitch(): HTMLElement {
    const choice = new SplitSwitch(this.run, (split) => this.store.set({ split }));
    choice.show(this.store.get().split);
    return choice.element;
  }

  /** The chosen node where this run has it. */
  private ownNode(): string | null {
    const { node, side } = this.store.get();
    return side === "before" ? null : node;
  }

  private showNode(isNew = true): void {
    const node = this.ownNode();
    const { step, split } = this.store.get();
    if (isNew) {
      this.graph.select(node, { reveal: node !== null });
      this.outline.select(node);
    }
    const inspected = inspect(this.run, node, {
      measures: this.measures,
      colouring: this.colouring,
      folds: this.folds,
      at: { step, split },
      choose: (id) => this.locate(id),
      chooseStep: (chosen) => this.store.set({ step: chosen }),
      colourBy: (colour) => this.store.set({ colour }),
    });
    const write = () => this.inspector.replaceChildren(...inspected);
    const isOther = node !== this.told.node;
    if (isOther) this.told = { node, scrolled: 0 };
    const { scrolled } = this.told;
    if (isOther) write();
    else keeping(this.inspector, write);
    this.inspector.scrollTop = scrolled;
    this.showTop();
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
    const { colour, theme, graph, step, split, scale } = this.store.get();
    const measure = this.measures.find((one) => one.name === colour) ?? this.measures[0];
    this.colouring = measure ? new Colouring(this.run, measure, { step, split }, theme, scale) : null;
    this.bar.showColour(colour);
    const keys = directionKeys(graph);
    const parts = this.coloured(colour);
    this.legend.hidden = !parts.length && !keys;
    this.legend.replaceChildren(...parts, ...(keys ? [keys] : []));
    this.showTop();
    this.showView();
  }

  /** Colours the graph; gives what the legend says of it. */
  private coloured(colour: string): HTMLElement[] {
    const { colouring, comparison } = this;
    const { theme, step } = this.store.get();
    if (comparison && colour === DIFFERENCES) {
      const pair = comparison.pair(null);
      this.graph.setPaint((id) => paintDifference(pair, "after", id, theme));
      return differenceLegend(pair, comparison.names[0]!);
    }
    if (!colouring) return [];
    this.graph.setPaint((id) => colouring.paint(id), (members) => colouring.spread(members));
    const moment = step === null ? "" : `at step ${count(step)}`;
    return legendParts(colouring, moment, {
      rescale: (scale) => this.store.set({ scale }),
      shrink: () => this.legend.classList.toggle("small"),
    });
  }

  private showTop(): void {
    this.top.replaceChildren(...(this.colouring ? [topList(this.run, this.colouring, this.ownNode(), (id) => this.choose(id))] : []));
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
        this.directions.element,
        h("div", { class: "actions" }, this.viewFacts, action("Open all", () => this.graph.expand("all")), action("Close all", () => this.graph.collapse("all"))),
      ),
      problems.length > 0 &&
        h("div", { class: "banner", role: "status" }, h("span", { class: "glyph error" }, "▲"), h("span", {}, `Partial graph. ${problems.join("; ")}`)),
      this.graphHost,
    );
  }

  /** Paper is white: what is printed has the light theme, whatever is on the screen. */
  private printLight(): void {
    let onScreen: Choice["theme"] | null = null;
    const print = (isPrinting: boolean): void => {
      if (isPrinting === (onScreen !== null)) return;
      const theme = isPrinting ? "light" : onScreen!;
      onScreen = isPrinting ? this.store.get().theme : null;
      this.store.set({ theme });
      this.graph.drawNow();
      this.compare?.drawNow();
    };
    const paper = matchMedia("print");
    paper.addEventListener("change", () => print(paper.matches));
    addEventListener("beforeprint", () => print(true)); // not every browser tells the query in time
    addEventListener("afterprint", () => print(false));
  }

  private switchTheme(): void {
    const theme = this.store.get().theme === "dark" ? "light" : "dark";
    this.store.set({ theme });
    storeTheme(theme);
  }
}
