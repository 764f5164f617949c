/** Two runs side by side: both graphs, the list of differences, and one node in both columns. */

import { differenceLegend, differenceSign, DIFFERENCES, paintDifference } from "../app/differences";
import { Colouring } from "../app/colouring";
import { h } from "../app/dom";
import type { Choice, Store } from "../app/store";
import { GraphCanvas, type Move, type VisibleNode } from "../graph";
import { legendParts } from "../app/legend";
import type { ComparisonIndex, Difference, DifferenceKind, RunPair, Side } from "../model/comparison";
import { DIFFERENCE_KINDS } from "../model/comparison";
import { count } from "../model/format";
import { ROOT } from "../model/graph";
import { type Measure, measures } from "../model/measures";
import type { RunIndex } from "../model/run";
import { bothColumns } from "../inspector/both";
import { noGraph } from "./openings";

const SIDES: readonly Side[] = ["before", "after"];
/** Rows of the list that are in the page at once; the rest are asked for. */
const MOST_ROWS = 300;

export class ComparePage {
  private pair: RunPair;
  private canvases: Record<Side, GraphCanvas> | null = null;
  private readonly hosts: Record<Side, HTMLElement> = { before: h("div", { class: "graph-host" }), after: h("div", { class: "graph-host" }) };
  private readonly heads: Record<Side, HTMLElement> = { before: h("div", { class: "crumbs" }), after: h("div", { class: "crumbs" }) };
  private readonly list = h("div", { class: "diff-list", role: "listbox", "aria-label": "Differences", tabindex: 0 });
  private readonly filters = h("div", { class: "diff-filters", role: "group", "aria-label": "Kinds of difference" });
  private readonly inspector = h("aside", { class: "inspector", "aria-label": "Comparison of the chosen node" });
  private readonly legend = h("div", { class: "legend in-pane" });
  private readonly shownKinds = new Set<DifferenceKind>(DIFFERENCE_KINDS);
  private readonly measuresOf = new Map<RunIndex, Measure[]>();
  private most = MOST_ROWS;
  private following = false;
  /** Whether the views are being moved by this page, and not by the person. */
  private moving = false;
  /** The difference that was picked from the list: a node may have several rows. */
  private picked: Difference | null = null;

  constructor(
    host: HTMLElement,
    private readonly comparison: ComparisonIndex,
    private readonly store: Store,
  ) {
    this.pair = comparison.pair(store.get().run);
    host.classList.add("compare-page");
    const pane = (side: Side) => h("div", { class: "stage", "aria-label": side === "before" ? "First graph" : "Second graph" }, this.heads[side], this.hosts[side]);
    host.append(
      h("aside", { class: "outline diff-pane", "aria-label": "Differences" }, h("div", { class: "pane-title" }, h("b", {}, "Differences"), h("span", {}, "first → second")), this.filters, this.list, this.legend),
      h("div", { class: "compare-graphs" }, pane("before"), pane("after")),
      this.inspector,
    );
    this.list.addEventListener("keydown", (event) => this.key(event));
  }

  /** Follow the store; drawn for the first time when the page is first looked at. */
  follow(choice: Choice, changed: ReadonlySet<keyof Choice> | null): void {
    if (choice.page !== "compare") return;
    const isNew = this.canvases === null;
    if (changed?.has("run")) this.usePair(this.comparison.pair(choice.run));
    if (isNew) this.build();
    const has = (...keys: (keyof Choice)[]) => isNew || changed === null || changed.has("page") || keys.some((key) => changed.has(key));
    if (changed?.has("theme")) for (const side of SIDES) this.canvases![side].setTheme(choice.theme);
    if (has("colour", "theme", "scale", "step", "split", "run")) this.recolour();
    if (has("run")) this.showList();
    if (has("node", "side", "run", "step")) this.showNode();
  }

  visibleNodes(): Record<Side, VisibleNode[]> {
    return { before: this.canvases?.before.visibleNodes() ?? [], after: this.canvases?.after.visibleNodes() ?? [] };
  }

  drawNow(): void {
    for (const side of SIDES) this.canvases?.[side].drawNow();
  }

  expand(id: string | "all"): void {
    for (const side of SIDES) this.canvases?.[side].expand(id);
  }

  private build(): void {
    const canvas = (side: Side) =>
      new GraphCanvas(this.hosts[side], {
        graph: this.pair.run(side).graph,
        parameterCount: (id) => this.pair.run(side).parameterCount(id),
        onSelect: (id) => this.choose(id, side),
        onToggle: (id, open) => this.mirror(id, open, side),
        onViewChange: () => this.showHead(side),
        onMove: (move) => this.moveOther(side, move),
      });
    this.canvases = { before: canvas("before"), after: canvas("after") };
    for (const side of SIDES) this.showHead(side);
    this.showMissing();
  }

  /** Says in place of a graph that there is none. */
  private showMissing(): void {
    for (const side of SIDES) {
      this.hosts[side].querySelector(".no-graph")?.remove();
      if (!this.pair.run(side).run.graph) this.hosts[side].append(noGraph(this.pair.run(side), (page) => this.store.set({ page })));
    }
  }

  private usePair(pair: RunPair): void {
    this.pair = pair;
    this.canvases?.before.setGraph(pair.before.graph);
    this.canvases?.after.setGraph(pair.after.graph);
    this.showMissing();
  }

  /** A node is chosen in the second run where it is there, so that the rest of the page knows it. */
  private choose(id: string | null, side: Side): void {
    const other = id === null || side === "after" ? id : this.pair.counterpart(id, "before");
    if (id !== null && side === "before" && other === null) this.store.set({ node: id, side: "before" });
    else this.store.set({ node: other, side: null });
  }

  /** What is opened in one graph opens in the other. */
  private mirror(id: string, open: boolean, side: Side): void {
    const other: Side = side === "before" ? "after" : "before";
    const counterpart = this.pair.counterpart(id, side);
    if (counterpart === null || this.following || !this.canvases) return;
    this.following = true;
    if (open) this.canvases[other].expand(counterpart);
    else this.canvases[other].collapse(counterpart);
    this.following = false;
  }

  /** Both graphs are panned and zoomed together; a choice of a node lets each show it in its own place. */
  private moveOther(side: Side, move: Move | null): void {
    if (this.moving) return;
    this.moving = true;
    this.canvases?.[side === "before" ? "after" : "before"].moveAs(move);
    this.moving = false;
  }

  /** The chosen node on each side; null where it is not. */
  private chosen(): Record<Side, string | null> {
    const { node, side } = this.store.get();
    if (node === null) return { before: null, after: null };
    if (side === "before") return { before: node, after: this.pair.counterpart(node, "before") };
    return { before: this.pair.counterpart(node, "after"), after: node };
  }

  private showNode(): void {
    const chosen = this.chosen();
    this.moving = true;
    for (const side of SIDES) this.canvases![side].select(chosen[side], { reveal: chosen[side] !== null });
    this.moving = false;
    const colour = this.store.get().colour;
    const measureOf = (run: RunIndex) => this.measures(run).find((measure) => measure.name === colour) ?? null;
    this.inspector.replaceChildren(...bothColumns(this.pair, this.comparison.names[0]!, chosen, this.store.get(), measureOf));
    for (const option of this.list.querySelectorAll<HTMLElement>("[role=option]")) {
      const row = this.pair.differences[Number(option.dataset["row"])]!;
      const isChosen = (row.node !== "" && row.node === chosen.after) || (row.node === "" && row.beforeNode === chosen.before);
      option.setAttribute("aria-selected", String(isChosen));
      if (!isChosen && row === this.picked) this.picked = null;
    }
  }

  private measures(run: RunIndex): Measure[] {
    let found = this.measuresOf.get(run);
    if (!found) this.measuresOf.set(run, (found = measures(run)));
    return found;
  }

  private recolour(): void {
    const { colour, theme, step, split, scale } = this.store.get();
    const [first, second] = SIDES.map((side) => this.measures(this.pair.run(side)).find((measure) => measure.name === colour));
    const at = { step, split };
    if (colour === DIFFERENCES || (!first && !second)) {
      for (const side of SIDES) this.canvases![side].setPaint((id) => paintDifference(this.pair, side, id, theme));
      this.legend.replaceChildren(...differenceLegend(this.pair, this.comparison.names[0]!));
      return;
    }
    const found = { before: first, after: second };
    const colourings = SIDES.map((side) => {
      const [own, other]: [Side, Side] = side === "before" ? ["before", "after"] : ["after", "before"];
      const others = found[other] ? [{ run: this.pair.run(other), measure: found[other] }] : [];
      return found[own] ? new Colouring(this.pair.run(own), found[own], at, theme, scale, others) : null;
    });
    SIDES.forEach((side, i) => {
      const colouring = colourings[i];
      this.canvases![side].setPaint((id) => ({ ...(colouring?.paint(id) ?? { fill: null, state: "none" as const }), mark: paintDifference(this.pair, side, id, theme).mark }));
    });
    const shown = colourings[1] ?? colourings[0];
    if (shown) this.legend.replaceChildren(...legendParts(shown, "one scale for both", { rescale: (choice) => this.store.set({ scale: choice }) }));
  }

  private showHead(side: Side): void {
    if (!this.canvases) return;
    const run = this.pair.run(side);
    const name = side === "before" ? this.comparison.names[0]! : this.pair.name;
    const several = side === "after" && this.comparison.others.length > 1;
    const facts = `${count(run.graph.operations().length)} operations · ${count(this.canvases[side].view().shown)} shown`;
    this.heads[side].replaceChildren(several ? this.runPicker() : h("b", { title: name }, name), h("span", { class: "soft" }, facts));
  }

  private runPicker(): HTMLElement {
    const select = h("select", { "aria-label": "Run held against the first", change: () => this.store.set({ run: select.value }) }, ...this.comparison.others.map((name) => h("option", { value: name }, name)));
    select.value = this.pair.name;
    return select;
  }

  private showList(): void {
    const amounts = new Map(DIFFERENCE_KINDS.map((kind) => [kind, this.pair.differences.filter((row) => row.kind === kind).length]));
    this.filters.replaceChildren(
      ...DIFFERENCE_KINDS.filter((kind) => amounts.get(kind)).map((kind) =>
        h("button", { type: "button", class: "diff-chip", "aria-pressed": String(this.shownKinds.has(kind)), click: () => this.toggleKind(kind) }, differenceSign(kind), `${count(amounts.get(kind)!)} ${kind}`),
      ),
    );
    const rows = this.pair.differences.map((row, i) => [row, i] as const).filter(([row]) => this.shownKinds.has(row.kind));
    const items = rows.slice(0, this.most).map(([row, i]) => this.item(row, i));
    const more = rows.length - items.length;
    this.list.replaceChildren(
      ...items,
      ...(more > 0 ? [h("button", { type: "button", class: "link diff-more", click: () => this.showMore() }, `${count(more)} more`)] : []),
      ...(this.pair.differences.length ? [] : [h("div", { class: "empty" }, this.pair.hasGraphs ? "The two graphs agree, node by node." : "Nodes cannot be compared: a run has no graph. Its curves and distributions are under Training.")]),
    );
  }

  private showMore(): void {
    this.most += MOST_ROWS;
    this.showList();
    this.showNode();
  }

  private toggleKind(kind: DifferenceKind): void {
    if (this.shownKinds.has(kind)) this.shownKinds.delete(kind);
    else this.shownKinds.add(kind);
    this.showList();
    this.showNode();
  }

  private item(row: Difference, at: number): HTMLElement {
    return h(
      "div",
      { role: "option", class: "diff-row", id: `difference-${at}`, "data-row": at, "data-kind": row.kind, "aria-selected": "false", click: () => this.pick(row) },
      differenceSign(row.kind),
      h("span", { class: "mono diff-node", title: row.node || row.beforeNode }, nodeName(row)),
      h("span", { class: "diff-what" }, ...describe(row)),
    );
  }

  private pick(row: Difference): void {
    this.picked = row;
    if (row.node) this.choose(row.node, "after");
    else this.choose(row.beforeNode, "before");
  }

  private key(event: KeyboardEvent): void {
    const options = [...this.list.querySelectorAll<HTMLElement>("[role=option]")];
    const rowOf = (option: HTMLElement) => this.pair.differences[Number(option.dataset["row"])];
    const isAt = (option: HTMLElement) => (this.picked ? rowOf(option) === this.picked : option.getAttribute("aria-selected") === "true");
    const at = options.findIndex(isAt);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: options.length - 1 }[event.key];
    const option = to === undefined ? undefined : options[Math.max(0, Math.min(options.length - 1, to))];
    if (!option) return;
    event.preventDefault();
    for (const other of options) other.classList.toggle("current", other === option);
    this.pick(rowOf(option)!);
    option.scrollIntoView({ block: "nearest" });
    this.list.setAttribute("aria-activedescendant", option.id);
  }
}

function nodeName(row: Difference): string {
  const id = row.node || row.beforeNode;
  return id === ROOT ? "the model" : id;
}

function describe(row: Difference): (string | HTMLElement)[] {
  if (row.what === "edge") return [`edge ${row.after || row.before}`];
  if (row.kind === "changed") return [h("span", { class: "faint" }, `${row.what} `), row.before, " → ", h("b", {}, row.after)];
  const size = row.count > 1 ? `, ${count(row.count)} nodes` : "";
  if (row.kind === "moved") return [h("span", { class: "faint" }, "was "), row.beforeNode === ROOT ? "the model" : row.beforeNode, size];
  return [row.after || row.before, size];
}
