import type { DrawnFold, DrawnGraph } from "../model/drawn";
import type { Side } from "../model/reach";
import { memberNumber } from "./fold_figure";
import type { Paint } from "./frame";
import type { Hit } from "./hit";
import { keyAction, type KeyAction } from "./keys";
import type { Menu, MenuItem } from "./menu";
import { listenForGestures } from "./pointer";
import type { Scene } from "./scene";
import type { Tip } from "./tip";
import { nextNode } from "./walk";

const ZOOM_STEP = 1.25;

/** What hands can do to the graph, and what they have to know of it. */
export interface Handled {
  readonly drawn: DrawnGraph;
  readonly scene: Scene;
  readonly highlighted: Side | null;
  readonly foldsEqualBlocks: boolean;
  readonly hidesTrivial: boolean;
  /** What is drawn of the selected node. */
  readonly selectedShown: string | null;
  paintOf(id: string): Paint;
  isOpen(id: string): boolean;
  hit(x: number, y: number): Hit | null;
  toggle(id: string): void;
  /** Selects a node of the graph, or nothing. */
  choose(id: string | null): void;
  /** Brings a node into view. */
  reveal(id: string): void;
  chooseMember(fold: string, member: number): void;
  /** The fold that the keys step through. */
  nearestFold(): DrawnFold | null;
  highlight(side: Side | null): void;
  setHovered(id: string | null): void;
  setFolding(on: boolean): void;
  setHiding(on: boolean): void;
  expandToDepth(depth: number): void;
  pan(dx: number, dy: number): void;
  zoomAt(factor: number, x: number, y: number): void;
  zoomBy(factor: number): void;
  zoomToSelection(): void;
  fit(): void;
}

/** Pointer and keyboard on the canvas. */
export class Hands {
  constructor(
    private readonly graph: Handled,
    private readonly surface: HTMLElement,
    private readonly tip: Tip,
    private readonly menu: Menu,
    signal: AbortSignal,
  ) {
    listenForGestures(
      surface,
      {
        drag: (dx, dy) => graph.pan(dx, dy),
        zoom: (factor, x, y) => graph.zoomAt(factor, x, y),
        hover: (x, y) => this.hover(x, y),
        leave: () => graph.setHovered(null),
        click: (x, y) => this.click(x, y),
        doubleClick: (x, y) => this.doubleClick(x, y),
        menu: (x, y) => this.openMenu(x, y),
      },
      signal,
    );
    surface.addEventListener("keydown", (event) => this.press(event), { signal });
  }

  private click(x: number, y: number): void {
    const { graph } = this;
    const hit = graph.hit(x, y);
    if (!hit) return graph.choose(null);
    if (hit.part === "chevron") return graph.toggle(hit.node.id);
    const drawn = this.foldOf(hit);
    if (!drawn) return graph.choose(graph.drawn.real(hit.node.id));
    if (hit.part !== "member") return graph.chooseMember(drawn.fold.id, memberBeside(drawn, hit));
    graph.chooseMember(drawn.fold.id, hit.member!);
    graph.choose(drawn.fold.members[hit.member!]![0]!);
  }

  private doubleClick(x: number, y: number): void {
    const hit = this.graph.hit(x, y);
    if (hit?.part === "body" && this.graph.drawn.index.isGroup(hit.node.id)) this.graph.toggle(hit.node.id);
  }

  private openMenu(x: number, y: number): void {
    const { graph } = this;
    const hit = graph.hit(x, y);
    if (!hit) return this.menu.close();
    const { id } = hit.node;
    const real = graph.drawn.real(id);
    graph.choose(real);
    const opening: MenuItem[] = !graph.drawn.index.isGroup(id)
      ? []
      : [{ text: graph.isOpen(id) ? "Close" : "Open", key: graph.isOpen(id) ? "Esc" : "Enter", act: () => graph.toggle(id) }];
    const ending: MenuItem[] = graph.highlighted ? [{ text: "End highlighting", key: "Esc", act: () => graph.highlight(null) }] : [];
    this.menu.open(
      real,
      [
        ...opening,
        { text: "Zoom to it", key: "z", act: () => graph.zoomToSelection() },
        { text: "Highlight upstream", key: "u", act: () => graph.highlight("upstream") },
        { text: "Highlight downstream", key: "d", act: () => graph.highlight("downstream") },
        ...ending,
      ],
      x,
      y,
    );
  }

  private hover(x: number, y: number): void {
    const hit = this.graph.hit(x, y);
    this.graph.setHovered(hit?.node.id ?? null);
    this.tip.show(this.tipFor(hit), x, y, this.surface.clientWidth);
  }

  /** The name of a member under the pointer, or the full id of a node whose words were shortened. */
  private tipFor(hit: Hit | null): string | null {
    if (!hit) return null;
    const drawn = this.foldOf(hit);
    if (!drawn) {
      const words = hit.node.box ?? hit.node.header;
      return words && `${words.title}${words.detail}`.includes("…") ? this.graph.drawn.real(hit.node.id) : null;
    }
    if (hit.part !== "member") {
      const to = memberBeside(drawn, hit);
      return drawn.fold.members[to] ? `to member ${memberNumber(drawn, to)}` : null;
    }
    const [first, ...more] = drawn.fold.members[hit.member!]!;
    const { value, state } = this.graph.paintOf(first!);
    const what = state === "unmeasured" ? "not measured" : (value ?? "");
    return [more.length > 0 ? `${first} and ${more.length} more` : first!, what].filter(Boolean).join(" · ");
  }

  private foldOf(hit: Hit): DrawnFold | undefined {
    return hit.fold === undefined ? undefined : this.graph.scene.folds.get(hit.fold);
  }

  private press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = keyAction(event.key);
    if (action && this.act(action)) event.preventDefault();
  }

  /** Does what a key asks for; false when there is nothing to do. */
  private act(action: KeyAction): boolean {
    const { graph } = this;
    const selected = graph.selectedShown;
    if (action.kind === "walk") this.walk(selected, action.direction);
    else if (action.kind === "depth") graph.expandToDepth(action.depth);
    else if (action.kind === "member") return this.stepMember(action.by);
    else if (action.kind === "highlight") graph.highlight(graph.highlighted === action.side ? null : action.side);
    else if (action.kind === "zoom") graph.zoomBy(action.by > 0 ? ZOOM_STEP : 1 / ZOOM_STEP);
    else if (action.kind === "toggle" && selected !== null) graph.toggle(selected);
    else if (action.kind === "close") this.escape(selected);
    else if (action.kind === "fit") graph.fit();
    else if (action.kind === "frame") graph.zoomToSelection();
    else if (action.kind === "folding") graph.setFolding(!graph.foldsEqualBlocks);
    else if (action.kind === "hiding") graph.setHiding(!graph.hidesTrivial);
    else return false;
    return true;
  }

  /** Ends the highlighting, or closes the selected group, or ends the selection. */
  private escape(selected: string | null): void {
    if (this.graph.highlighted) this.graph.highlight(null);
    else if (selected !== null && this.graph.isOpen(selected)) this.graph.toggle(selected);
    else this.graph.choose(null);
  }

  private stepMember(by: 1 | -1): boolean {
    const drawn = this.graph.nearestFold();
    if (drawn) this.graph.chooseMember(drawn.fold.id, drawn.member + by);
    return drawn !== null;
  }

  private walk(from: string | null, direction: Parameters<typeof nextNode>[2]): void {
    const next = nextNode(this.graph.scene, from, direction);
    if (next === null) return;
    const real = this.graph.drawn.real(next);
    this.graph.choose(real);
    this.graph.reveal(real);
  }
}

function memberBeside(drawn: DrawnFold, hit: Hit): number {
  return drawn.member + (hit.part === "next" ? 1 : -1);
}
