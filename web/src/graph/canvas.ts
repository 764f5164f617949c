import "./graph.css";
import { KnownBlocks } from "../layout/blocks";
import { HEADER_HEIGHT } from "../layout/size";
import type { Size } from "../layout/types";
import type { DrawnFold } from "../model/drawn";
import { foldsOf, type Fold } from "../model/fold";
import { ROOT, type GraphIndex } from "../model/graph";
import { followed, Opening, MOST_DRAWN, type Renamed } from "../model/opening";
import type { Side } from "../model/reach";
import { byNearness, findAnchor } from "./anchor";
import { Announcement } from "./announcement";
import { Backdrop } from "./backdrop";
import { Camera } from "./camera";
import { Overlays } from "./corners";
import { drawFrame } from "./draw";
import { seenArea, type Frame, type Highlight, type Paint } from "./frame";
import { highlightOf } from "./highlight";
import { Hands, type Handled } from "./hands";
import { hitAt, type Hit } from "./hit";
import { Menu } from "./menu";
import { Minimap } from "./minimap";
import { Motion, wantsStillness } from "./motion";
import { entranceColumn, SceneBuilder, type Scene } from "./scene";
import { visibleEdges, visibleNodes, type VisibleEdge, type VisibleNode } from "./seen";
import { Slices } from "./slices";
import type { Rectangle } from "./shapes";
import type { Area } from "./spatial";
import { Tip } from "./tip";
import { TextWidths } from "./text_widths";
import { readPalette, type Palette } from "./theme";
import { Toolbar } from "./toolbar";

export interface GraphCanvasOptions {
  graph: GraphIndex;
  /** Rows of the table `folds`. */
  foldRows?: readonly Readonly<Record<string, unknown>>[];
  /** Number of parameters in a group, for its head line. */
  parameterCount: (id: string) => number;
  onSelect: (id: string | null) => void;
  onHover?: (id: string | null) => void;
  /** A group was opened or closed by the person, here on the canvas. */
  onToggle?: (id: string, open: boolean) => void;
  /** Other nodes are drawn. */
  onViewChange?: () => void;
  /** The view was moved: what that did to the screen; null when it was fitted. */
  onMove?: (move: Move | null) => void;
}

/** How a place on the screen moved: it was zoomed by a factor about the upper left corner, then shifted. */
export interface Move {
  factor: number;
  dx: number;
  dy: number;
}

const REVEAL_MARGIN = 24;
/** The view rests when it has not moved for so long. */
const REST_MS = 120;
/** More nodes than this change their places at once. */
const MOST_MOVING = 3000;
/** Scenes of more nodes than this are made between frames, while the old one stays. */
const MOST_AT_ONCE = 2500;

/** A change of what is drawn, on its way. */
interface Change {
  /** Drawn ids that became others. */
  names: Renamed;
  /** A node that keeps its place on the screen. */
  anchor: string | null;
  /** Whether the view stays where it is, without an anchor too. */
  keep: boolean;
  then: (() => void) | undefined;
}

/** The graph on a canvas that fills its host: open, close, choose, pan and zoom. */
export class GraphCanvas {
  /** Depth, folding, hiding and highlighting, to be hung where there is room. */
  readonly toolbar: Toolbar;
  private readonly host: HTMLElement;
  private options: GraphCanvasOptions;
  private readonly surface = document.createElement("canvas");
  private readonly tip: Tip;
  private readonly notice: Announcement;
  private readonly menu: Menu;
  private readonly ctx: CanvasRenderingContext2D;
  private readonly camera = new Camera();
  private readonly opening: Opening;
  private readonly foldsByGraph = new Map<GraphIndex, Fold[]>();
  private builder: SceneBuilder;
  private readonly minimap: Minimap;
  private readonly listening = new AbortController();
  private readonly sizes = new ResizeObserver(() => this.resize());
  private readonly overlays: Overlays;
  private palette: Palette;
  private scene: Scene;
  private readonly slices = new Slices();
  private readonly blocks = new KnownBlocks();
  private coming: Change | null = null;
  private widths: TextWidths;
  private paint: (id: string) => Paint = () => ({ fill: null, state: "none" });
  private spread: (members: Fold["members"]) => string = () => "";
  private paints = new Map<string, Paint>();
  private readonly backdrop = new Backdrop();
  private selected: string | null = null;
  private hovered: string | null = null;
  private trail: { id: string; side: Side } | null = null;
  private highlighted: Highlight | null = null;
  private motion: Motion | null = null;
  /** Whether the person has moved the view; until then it keeps fitting the host. */
  private moved = false;
  private movedAt = -Infinity;
  private pending = 0;
  private rest = 0;
  private frameMs = 0;

  /** @throws Error when the browser gives no canvas to draw on, or the page lacks a colour. */
  constructor(host: HTMLElement, options: GraphCanvasOptions) {
    this.host = host;
    this.options = options;
    this.palette = readPalette(host);
    this.surface.className = "graph-surface";
    this.surface.tabIndex = 0;
    this.surface.setAttribute("role", "application");
    this.surface.setAttribute(
      "aria-label",
      "Architecture graph. Arrow keys walk along edges, Enter opens or closes a group, brackets change the member of a fold, " +
        "u and d highlight up- and downstream, z zooms to the selection, Escape closes.",
    );
    const ctx = this.surface.getContext("2d");
    if (!ctx) throw new Error("the browser gives no 2D canvas, which the graph is drawn on");
    this.ctx = ctx;
    this.widths = new TextWidths(ctx, this.palette.family);
    if (getComputedStyle(host).position === "static") host.style.position = "relative";
    host.append(this.surface);
    this.tip = new Tip(host);
    this.notice = new Announcement(host);
    this.menu = new Menu(host, this.surface);
    this.opening = new Opening(options.graph, this.foldsIn(options.graph));
    this.builder = this.newBuilder();
    this.scene = this.builder.build(this.opening.open);
    this.minimap = new Minimap(host, {
      moveTo: (x, y) => this.changeView(() => this.camera.centreOn(x, y, this.size())),
      zoomBy: (factor) => this.zoomBy(factor),
      fit: () => this.fit(),
    });
    this.overlays = new Overlays(host, this.sizes);
    this.overlays.add(this.minimap.corner);
    this.toolbar = this.newToolbar();
    this.newHands();
    this.resize();
    this.sizes.observe(host);
    this.announce();
    this.sayHowLarge();
  }

  /** Fits the graph beside or above an element that stands over a lower corner of the host. */
  leaveRoomFor(element: HTMLElement): void {
    this.overlays.add(element);
  }

  /** Draws another graph of the same model; groups that are open in both stay open. */
  setGraph(graph: GraphIndex): void {
    if (graph === this.options.graph) return;
    this.options = { ...this.options, graph };
    this.trail = null;
    void this.change(() => this.opening.setSource(graph, this.foldsIn(graph)), null, { keep: true });
  }

  /** Sets the colours and values of nodes, and what is said of the members of a fold. */
  setPaint(paint: (id: string) => Paint, spread: (members: Fold["members"]) => string = () => ""): void {
    this.paint = paint;
    this.spread = spread;
    this.paints = new Map();
    this.minimap.forget();
    this.redraw();
  }

  /** Reads the page's colours again, after its theme has changed to this one. */
  setTheme(_theme: "light" | "dark"): void {
    this.palette = readPalette(this.host);
    this.minimap.forget();
    this.redraw();
  }

  /** Draws at once: a page that is printed gives no frame to draw in. */
  drawNow(): void {
    this.draw();
  }

  /** Rings a node; with `reveal` what is around it is opened and it is brought into view. */
  select(id: string | null, { reveal = false }: { reveal?: boolean } = {}): void {
    this.selected = id === ROOT ? null : id;
    if (reveal && this.selected !== null && this.options.graph.has(this.selected)) this.reveal(this.selected);
    this.toolbar.update();
    this.redraw();
  }

  /** Opens a group and those around it, or all but single layers as far as they can be drawn; done when it is drawn. */
  async expand(id: string | "all"): Promise<void> {
    if (id === "all") return this.openDown(Infinity);
    const { folds } = this.opening.drawn;
    if (!folds.has(id) && !this.options.graph.isGroup(id)) return;
    return this.change(() => this.opening.expand(id), folds.has(id) ? id : this.shownId(id));
  }

  /** Closes a group, or all. Groups inside it stay as they were for when it is opened again. */
  async collapse(id: string | "all"): Promise<void> {
    if (id === "all") return this.change(() => this.opening.collapseAll(), null);
    if (!this.opening.drawn.folds.has(id) && !this.options.graph.has(id)) return;
    return this.change(() => this.opening.collapse(id), this.opening.drawn.folds.has(id) ? id : this.shownId(id));
  }

  isExpanded(id: string): boolean {
    return this.opening.open.has(this.opening.drawn.folds.has(id) ? id : this.opening.drawn.drawn(id));
  }

  /** Opens the graph down to this depth, as far as it can be drawn; 1 is what stands directly on the canvas. */
  expandToDepth(depth: number): Promise<void> {
    return this.openDown(depth);
  }

  /** Draws equal neighbouring blocks as one, or each. */
  setFolding(on: boolean): Promise<void> {
    const keep = this.selected ?? this.nearest();
    return this.change(() => this.opening.setFolding(on, keep), null, { keep: true });
  }

  /** Leaves out ops that only look at a tensor in another way, and joins their edges. */
  setHiding(on: boolean): Promise<void> {
    return this.change(() => this.opening.setHiding(on), null, { keep: true });
  }

  /** Draws another member of a fold. What is chosen in the old member is then chosen in the new one. */
  chooseMember(fold: string, member: number): void {
    const drawn = this.opening.drawn.folds.get(fold);
    const count = drawn?.fold.members.length ?? 0;
    if (!drawn || member < 0 || member >= count || member === drawn.member) return;
    let renamed: Renamed = new Map();
    const then = (): void => {
      if (this.trail) this.trail = { ...this.trail, id: renamed.get(this.trail.id) ?? this.trail.id };
      this.updateHighlight();
      const counterpart = this.selected === null ? undefined : renamed.get(this.selected);
      if (counterpart !== undefined) this.choose(counterpart);
    };
    void this.change(() => (renamed = this.opening.choose(fold, member)), fold, { then });
  }

  /** Keeps full ink on all up- or downstream of the selected node, and dims the rest; null ends it. */
  highlight(side: Side | null): void {
    this.trail = side === null || this.selected === null ? null : { id: this.selected, side };
    this.updateHighlight();
    this.toolbar.update();
    this.redraw();
  }

  /** Moves the view as another one was moved, so that both can be looked at side by side. */
  moveAs(move: Move | null): void {
    if (!move) return this.fit();
    const { factor, dx, dy } = move;
    this.camera.zoom(factor, 0, 0);
    this.camera.pan(dx, dy);
    this.moved = true;
    this.movedAt = performance.now();
    this.redraw();
  }

  zoomToSelection(): void {
    const node = this.scene.nodes.get(this.shownId(this.selected) ?? "");
    if (node) this.changeView(() => this.camera.frame(node, this.size()));
  }

  /** Shows the graph from its top, as wide as it fits with readable text. */
  fit(): void {
    this.fitCamera();
    this.moved = false;
    this.options.onMove?.(null);
    this.redraw();
  }

  zoomBy(factor: number): void {
    const { width, height } = this.size();
    this.changeView(() => this.camera.zoom(factor, width / 2, height / 2));
  }

  visibleNodes(): VisibleNode[] {
    return visibleNodes(this.scene, (box) => this.onPage(box));
  }

  visibleEdges(): VisibleEdge[] {
    return visibleEdges(this.scene, (box) => this.onPage(box));
  }

  stats(): { layout_ms: number; frame_ms: number; nodes: number; edges: number } {
    const { nodes, edges } = this.scene.layout;
    return { layout_ms: this.scene.layoutMs, frame_ms: this.frameMs, nodes: nodes.length, edges: edges.length };
  }

  /** The zoom (1 is life size), how deep the drawn nodes lie, and how many closed ones there are. */
  view(): { scale: number; depth: number; shown: number } {
    return { scale: this.camera.scale, depth: this.depth(), shown: this.scene.layout.nodes.filter((node) => node.box).length };
  }

  destroy(): void {
    cancelAnimationFrame(this.pending);
    clearTimeout(this.rest);
    this.slices.stop();
    this.listening.abort();
    this.sizes.disconnect();
    for (const part of [this.minimap, this.tip, this.notice, this.menu, this.toolbar]) part.destroy();
    this.surface.remove();
  }

  private depth(): number {
    return this.scene.layout.nodes.reduce((deepest, node) => Math.max(deepest, node.depth), 0);
  }

  private newBuilder(): SceneBuilder {
    const { drawn } = this.opening;
    return new SceneBuilder(drawn, (text, font) => this.widths.of(text, font), (id) => this.parameterCount(id, drawn), { blocks: this.blocks });
  }

  private newToolbar(): Toolbar {
    const canvas = this;
    return new Toolbar({
      get foldsEqualBlocks() { return canvas.opening.foldsEqualBlocks; },
      get hidesTrivial() { return canvas.opening.hidesTrivial; },
      get hasFolds() { return canvas.foldsIn(canvas.options.graph).length > 0; },
      get highlighted() { return canvas.trail?.side ?? null; },
      get hasSelection() { return canvas.shownId(canvas.selected) !== null; },
      depths: () => ({ shown: this.depth(), deepest: Math.max(this.depth(), this.opening.deepest) }),
      expandToDepth: (depth) => this.expandToDepth(depth),
      setFolding: (on) => this.setFolding(on),
      setHiding: (on) => this.setHiding(on),
      highlight: (side) => this.highlight(side),
      zoomToSelection: () => this.zoomToSelection(),
    });
  }

  private foldsIn(graph: GraphIndex): Fold[] {
    const known = this.foldsByGraph.get(graph) ?? foldsOf(this.options.foldRows ?? [], graph);
    this.foldsByGraph.set(graph, known);
    return known;
  }

  /** Parameters in a group; of a fold, in each member. */
  private parameterCount(id: string, { folds } = this.scene.drawn): number {
    const drawn = folds.get(id);
    if (!drawn) return this.options.parameterCount(id);
    return drawn.fold.members[drawn.member]!.reduce((sum, node) => sum + this.options.parameterCount(node), 0);
  }

  /** The colour of a drawn node. A fold has none of its own: its members have. */
  private paintOf(id: string): Paint {
    let paint = this.paints.get(id);
    if (!paint) {
      const drawn = this.scene.drawn.folds.get(id);
      paint = drawn ? { fill: null, state: "none", value: this.spread(drawn.fold.members) } : this.paint(id);
      this.paints.set(id, paint);
    }
    return paint;
  }

  /** Opens what is less deep than this, and says where it stopped if that would be too much to draw. */
  private openDown(depth: number): Promise<void> {
    let words: string | null = null;
    const open = (): void => {
      const { wanted, reached, drawn, all } = this.opening.expandTo(depth);
      if (reached >= wanted) return;
      words = `Open to depth ${reached} of ${wanted}: ${number(drawn)} nodes. All ${number(all)} would be too many to draw (at most ${number(MOST_DRAWN)}); open further what you want to see.`;
    };
    return this.change(open, null, { then: () => this.notice.say(words) });
  }

  private sayHowLarge(): void {
    const count = this.options.graph.nodes.size;
    if (count <= MOST_DRAWN) return;
    this.notice.say(`A graph of ${number(count)} nodes: only its outermost level is drawn. Open a group to see what is inside.`);
  }

  /**
   * Changes what is drawn: at once, or between frames where that takes long. A change that comes
   * while another is on its way takes it in.
   */
  private async change(act: () => Renamed | void, anchor: string | null, more: Partial<Change> = {}): Promise<void> {
    const { coming } = this;
    const names: Renamed = act() ?? new Map();
    const change: Change = {
      names: coming ? followed(coming.names, names) : names,
      anchor: anchor ?? coming?.anchor ?? null,
      keep: more.keep ?? coming?.keep ?? false,
      then: more.then,
    };
    const { drawn, open } = this.opening;
    if (this.builder.drawn !== drawn) this.builder = this.newBuilder();
    const count = drawn.index.visible(open).length;
    if (count <= MOST_AT_ONCE) {
      this.slices.stop();
      return this.show(this.builder.build(open), change);
    }
    this.coming = change;
    this.notice.say(null);
    const scene = await this.slices.run(this.builder.steps(open), (share) => this.notice.tell(`Laying out ${number(count)} nodes`, share));
    if (!scene) return;
    const labels = this.slices.run(scene.labelSteps(), () => undefined);
    this.show(scene, change);
    void labels.then(() => this.redraw());
  }

  /**
   * Shows a new scene. The anchor keeps its place on the screen, or else what is nearest to the
   * middle; the rest moves to its own place. A view that was never moved is fitted instead, unless
   * there is an anchor or `keep` is set.
   */
  private show(scene: Scene, { names, anchor, keep, then }: Change): void {
    const before = this.scene;
    this.coming = null;
    this.scene = scene;
    if (scene.drawn !== before.drawn) this.paints = new Map();
    const renamed = (id: string): string => names.get(id) ?? id;
    const standsFor = (id: string): string | null => this.shownId(before.drawn.real(id));
    const found = anchor !== null || keep || this.moved ? findAnchor(before, scene, { renamed, standsFor }, this.seenArea(), anchor) : null;
    if (found) this.settle(before, found.before, found.after, renamed);
    else {
      this.motion = null;
      this.fitCamera();
    }
    if (anchor !== null) this.moved = true;
    this.notice.say(null);
    this.updateHighlight();
    this.setHovered(null);
    this.announce();
    then?.();
  }

  private settle(before: Scene, old: Rectangle & { id: string }, now: Rectangle & { id: string }, renamed: (id: string) => string): void {
    const column = entranceColumn(this.scene, this.scene.nodes.get(now.id)!) - entranceColumn(before, before.nodes.get(old.id)!);
    const dy = now.y - old.y;
    this.camera.x += column;
    this.camera.y += dy;
    const from = new Map([...before.nodes].map(([id, node]) => [renamed(id), { ...node, x: node.x + column, y: node.y + dy }] as const));
    const isCalm = wantsStillness() || Math.max(before.nodes.size, this.scene.nodes.size) > MOST_MOVING;
    this.motion = isCalm ? null : new Motion(from, performance.now());
  }

  private updateHighlight(): void {
    const { trail } = this;
    if (trail && !this.options.graph.has(trail.id)) this.trail = null;
    this.highlighted = this.trail && highlightOf(this.scene, this.trail.id, this.trail.side);
  }

  /** The node that the middle of the view shows. */
  private nearest(): string | null {
    const node = byNearness(this.scene, this.seenArea())[0];
    return node ? this.scene.drawn.real(node.id) : null;
  }

  private toggle(id: string): void {
    if (this.opening.open.has(id)) void this.collapse(id);
    else void this.expand(id);
    this.options.onToggle?.(id, this.isExpanded(id));
  }

  private reveal(id: string): void {
    const { drawn, open } = this.opening;
    const around = drawn.hidden(id) === null ? drawn.index.ancestors(drawn.drawn(id)) : null;
    if (around === null || around.some((group) => !open.has(group))) {
      const outermost = around?.filter((group) => !open.has(group)).at(-1) ?? drawn.drawn(id);
      void this.change(() => this.opening.reveal(id), drawn.index.shown(outermost, open), { then: () => this.bringIntoView(id) });
    } else this.bringIntoView(id);
  }

  private bringIntoView(id: string): void {
    const node = this.scene.nodes.get(this.scene.drawn.drawn(id));
    if (!node) return;
    const view = this.size();
    const head = Math.min(node.height, HEADER_HEIGHT * 3);
    const [left, top] = this.camera.toScreen(node.x, node.y);
    const [right, bottom] = this.camera.toScreen(node.x + node.width, node.y + head);
    const fits = (low: number, high: number, room: number): boolean => low >= REVEAL_MARGIN && high <= room - REVEAL_MARGIN;
    const inView = fits(left, right, view.width) && fits(top, bottom, view.height);
    if (!inView) this.changeView(() => this.camera.centreOn(node.x + node.width / 2, node.y + head / 2, view));
  }

  private fitCamera(): void {
    const first = this.scene.layout.nodes[0];
    this.camera.fit(this.scene.layout, this.size(), first ? entranceColumn(this.scene, first) : 0, this.overlays.corners());
  }

  /** Moves the camera. */
  private changeView(change: () => void): void {
    const { x, y, scale } = this.camera;
    change();
    const factor = this.camera.scale / scale;
    this.options.onMove?.({ factor, dx: (x - this.camera.x) * this.camera.scale, dy: (y - this.camera.y) * this.camera.scale });
    this.moved = true;
    this.movedAt = performance.now();
    this.redraw();
  }

  private announce(): void {
    this.redraw();
    this.toolbar.update();
    this.options.onViewChange?.();
  }

  private onPage({ x, y, width, height }: Rectangle): Rectangle {
    const { left, top } = this.surface.getBoundingClientRect();
    const [screenX, screenY] = this.camera.toScreen(x, y);
    return { x: left + screenX, y: top + screenY, width: width * this.camera.scale, height: height * this.camera.scale };
  }

  private seenArea(): Area {
    return seenArea({ camera: this.camera, view: this.size() });
  }

  private size(): Size {
    return { width: Math.max(1, this.host.clientWidth), height: Math.max(1, this.host.clientHeight) };
  }

  private resize(): void {
    const { width, height } = this.size();
    const ratio = devicePixelRatio || 1;
    this.surface.width = Math.round(width * ratio);
    this.surface.height = Math.round(height * ratio);
    if (!this.moved) this.fitCamera();
    this.draw();
  }

  private redraw(): void {
    if (this.pending === 0) this.pending = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    cancelAnimationFrame(this.pending);
    this.pending = 0;
    const start = performance.now();
    const frame = this.frame(start);
    const still = start - this.movedAt >= REST_MS;
    const isBlurred = drawFrame(this.ctx, frame, this.backdrop, still);
    this.minimap.draw(frame);
    this.frameMs = performance.now() - start;
    if (this.motion) this.redraw();
    clearTimeout(this.rest);
    if (isBlurred) this.rest = setTimeout(() => this.redraw(), REST_MS + 20);
  }

  private frame(now: number): Frame {
    const progress = this.motion ? this.motion.progress(now) : 1;
    if (progress >= 1) this.motion = null;
    return {
      scene: this.scene,
      camera: this.camera,
      palette: this.palette,
      view: this.size(),
      pixelRatio: devicePixelRatio || 1,
      selected: this.shownId(this.selected),
      hovered: this.hovered,
      failed: this.shownId(this.options.graph.graph.capture.failed_node),
      highlight: this.highlighted,
      paint: (id) => this.paintOf(id),
      colours: this.paints,
      members: this.scene.members,
      parameterCount: (id) => this.parameterCount(id),
      from: this.motion?.from ?? null,
      progress,
    };
  }

  /** What is drawn in place of a node, which may be inside a closed group or a hidden member. */
  private shownId(id: string | null): string | null {
    if (id === null || !this.options.graph.has(id)) return null;
    const { drawn, open } = this.scene;
    const at = drawn.drawn(id);
    return at === ROOT ? null : drawn.index.shown(at, open);
  }

  private hit(screenX: number, screenY: number): Hit | null {
    const [x, y] = this.camera.toWorld(screenX, screenY);
    return hitAt({ scene: this.scene, camera: this.camera, view: this.size() }, x, y);
  }

  private newHands(): Hands {
    const canvas = this;
    const handled: Handled = {
      get drawn() { return canvas.scene.drawn; },
      get scene() { return canvas.scene; },
      get highlighted() { return canvas.trail?.side ?? null; },
      get foldsEqualBlocks() { return canvas.opening.foldsEqualBlocks; },
      get hidesTrivial() { return canvas.opening.hidesTrivial; },
      get selectedShown() { return canvas.shownId(canvas.selected); },
      paintOf: (id) => this.paintOf(id),
      isOpen: (id) => this.opening.open.has(id),
      hit: (x, y) => this.hit(x, y),
      toggle: (id) => this.toggle(id),
      choose: (id) => this.choose(id),
      reveal: (id) => this.reveal(id),
      chooseMember: (fold, member) => this.chooseMember(fold, member),
      nearestFold: () => this.nearestFold(),
      highlight: (side) => this.highlight(side),
      setHovered: (id) => this.setHovered(id),
      setFolding: (on) => this.setFolding(on),
      setHiding: (on) => this.setHiding(on),
      expandToDepth: (depth) => this.expandToDepth(depth),
      pan: (dx, dy) => this.changeView(() => this.camera.pan(dx, dy)),
      zoomAt: (factor, x, y) => this.changeView(() => this.camera.zoom(factor, x, y)),
      zoomBy: (factor) => this.zoomBy(factor),
      zoomToSelection: () => this.zoomToSelection(),
      fit: () => this.fit(),
    };
    return new Hands(handled, this.surface, this.tip, this.menu, this.listening.signal);
  }

  private choose(id: string | null): void {
    this.select(id);
    this.options.onSelect(id);
  }

  /** The fold around the selected node, or the one nearest to the middle of the view. */
  private nearestFold(): DrawnFold | null {
    const isKnown = this.selected !== null && this.options.graph.has(this.selected);
    const around = isKnown ? this.scene.drawn.foldAround(this.selected!) : null;
    if (around) return around;
    const near = byNearness(this.scene, this.seenArea()).find((node) => this.scene.folds.has(node.id));
    return near ? (this.scene.folds.get(near.id) ?? null) : null;
  }

  private setHovered(id: string | null): void {
    if (id === null) this.tip.hide();
    if (id === this.hovered) return;
    this.hovered = id;
    this.surface.dataset["over"] = id === null ? "nothing" : "node";
    this.options.onHover?.(id === null ? null : this.scene.drawn.real(id));
    this.redraw();
  }
}

function number(count: number): string {
  return count.toLocaleString("en-US");
}
