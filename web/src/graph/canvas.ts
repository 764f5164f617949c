import "./graph.css";
import { NAME_FONT } from "../layout/label";
import type { LayoutNode } from "../layout/layout";
import { CHEVRON_ROOM, BOX_PADDING, HEADER_HEIGHT } from "../layout/size";
import { ROOT, type GraphIndex } from "../model/graph";
import { Camera, type Size } from "./camera";
import { drawFrame } from "./draw";
import { headerSpan, placeNow, type Frame, type Paint } from "./frame";
import { Minimap } from "./minimap";
import { Motion, wantsStillness } from "./motion";
import { listenForGestures } from "./pointer";
import { entranceColumn, SceneBuilder, type Scene } from "./scene";
import { Tip } from "./tip";
import { cssFont, readPalette, type Palette } from "./theme";
import { nextNode, type Direction } from "./walk";

export interface GraphCanvasOptions {
  graph: GraphIndex;
  /** Number of parameters in a group, for its head line. */
  parameterCount: (id: string) => number;
  onSelect: (id: string | null) => void;
  onHover?: (id: string | null) => void;
  /** A group was opened or closed by the person, here on the canvas. */
  onToggle?: (id: string, open: boolean) => void;
  /** The zoom or the open groups have changed. */
  onViewChange?: () => void;
}

/** A drawn node in CSS pixels of the page's viewport. */
export interface VisibleNode {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
  group: boolean;
}

const KEY_DIRECTIONS: Record<string, Direction> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
};
const ZOOM_STEP = 1.25;
const REVEAL_MARGIN = 24;

/** The graph on a canvas that fills its host: open, close, choose, pan and zoom. */
export class GraphCanvas {
  private readonly host: HTMLElement;
  private options: GraphCanvasOptions;
  private readonly surface = document.createElement("canvas");
  private readonly tip: Tip;
  private readonly ctx: CanvasRenderingContext2D;
  private readonly camera = new Camera();
  private readonly open = new Set<string>();
  private builder: SceneBuilder;
  private readonly minimap: Minimap;
  private readonly listening = new AbortController();
  private readonly sizes = new ResizeObserver(() => this.resize());
  private palette: Palette;
  private scene: Scene;
  private paint: (id: string) => Paint = () => ({ fill: null, state: "none" });
  private selected: string | null = null;
  private hovered: string | null = null;
  private motion: Motion | null = null;
  /** Whether the person has moved the view; until then it keeps fitting the host. */
  private moved = false;
  private pending = 0;
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
      "Architecture graph. Arrow keys walk along edges, Enter opens or closes a group, Escape clears the selection.",
    );
    const ctx = this.surface.getContext("2d");
    if (!ctx) throw new Error("the browser gives no 2D canvas, which the graph is drawn on");
    this.ctx = ctx;
    if (getComputedStyle(host).position === "static") host.style.position = "relative";
    host.append(this.surface);
    this.tip = new Tip(host);
    this.builder = this.builderOf(options.graph);
    this.scene = this.builder.build(this.open);
    this.minimap = new Minimap(host, {
      moveTo: (x, y) => this.changeView(() => this.camera.centreOn(x, y, this.size())),
      zoomBy: (factor) => this.zoomBy(factor),
      fit: () => this.fit(),
    });
    this.listen();
    this.resize();
    this.sizes.observe(host);
  }

  /** Draws another graph of the same model; groups that are open in both stay open. */
  setGraph(graph: GraphIndex): void {
    if (graph === this.options.graph) return;
    this.options = { ...this.options, graph };
    this.builder = this.builderOf(graph);
    this.setOpen([...this.open].filter((group) => graph.has(group) && graph.isGroup(group)), null);
  }

  /** Sets the colours and values of nodes. */
  setPaint(paint: (id: string) => Paint): void {
    this.paint = paint;
    this.redraw();
  }

  /** Reads the page's colours again, after its theme has changed to this one. */
  setTheme(_theme: "light" | "dark"): void {
    this.palette = readPalette(this.host);
    this.redraw();
  }

  /** Rings a node; with `reveal` the groups around it are opened and it is brought into view. */
  select(id: string | null, { reveal = false }: { reveal?: boolean } = {}): void {
    this.selected = id === ROOT ? null : id;
    if (reveal && this.selected !== null && this.options.graph.has(this.selected)) this.reveal(this.selected);
    this.redraw();
  }

  /** Opens a group and those around it, or all but single layers. */
  expand(id: string | "all"): void {
    const { graph } = this.options;
    if (id === "all") return this.setOpen(graph.groups().filter((group) => graph.isOpenedByAll(group)), null);
    if (!graph.has(id) || !graph.isGroup(id)) return;
    this.setOpen([...this.open, ...graph.ancestors(id), id], id);
  }

  /** Closes a group, or all. Groups inside it stay as they were for when it is opened again. */
  collapse(id: string | "all"): void {
    if (id === "all") this.setOpen([], null);
    else if (this.open.has(id)) this.setOpen([...this.open].filter((group) => group !== id), id);
  }

  isExpanded(id: string): boolean {
    return this.open.has(id);
  }

  /** Shows the graph from its top, as wide as it fits with readable text. */
  fit(): void {
    this.fitCamera();
    this.moved = false;
    this.announceView();
  }

  zoomBy(factor: number): void {
    const { width, height } = this.size();
    this.changeView(() => this.camera.zoom(factor, width / 2, height / 2));
  }

  visibleNodes(): VisibleNode[] {
    const { left, top } = this.surface.getBoundingClientRect();
    return this.scene.layout.nodes.map((node) => {
      const [x, y] = this.camera.toScreen(node.x, node.y);
      const [width, height] = [node.width * this.camera.scale, node.height * this.camera.scale];
      return { id: node.id, x: left + x, y: top + y, width, height, group: this.options.graph.isGroup(node.id) };
    });
  }

  /** Edges between closed nodes, with the corners of their ways in CSS pixels of the viewport. */
  visibleEdges(): { source: string; target: string; points: [number, number][] }[] {
    const { left, top } = this.surface.getBoundingClientRect();
    return this.scene.layout.edges.map(({ source, target, points }) => ({
      source,
      target,
      points: points.map(([x, y]) => {
        const [screenX, screenY] = this.camera.toScreen(x, y);
        return [left + screenX, top + screenY];
      }),
    }));
  }

  stats(): { layout_ms: number; frame_ms: number; nodes: number; edges: number } {
    const { nodes, edges } = this.scene.layout;
    return { layout_ms: this.scene.layoutMs, frame_ms: this.frameMs, nodes: nodes.length, edges: edges.length };
  }

  /** The zoom (1 is life size), how deep the drawn nodes lie, and how many closed ones there are. */
  view(): { scale: number; depth: number; shown: number } {
    const { nodes } = this.scene.layout;
    const depth = nodes.reduce((deepest, node) => Math.max(deepest, node.depth), 0);
    return { scale: this.camera.scale, depth, shown: nodes.filter((node) => node.box).length };
  }

  destroy(): void {
    cancelAnimationFrame(this.pending);
    this.listening.abort();
    this.sizes.disconnect();
    this.minimap.destroy();
    this.surface.remove();
    this.tip.destroy();
  }

  private builderOf(graph: GraphIndex): SceneBuilder {
    return new SceneBuilder(graph, (text, font) => this.measure(text, font), this.options.parameterCount);
  }

  private measure(text: string, font: typeof NAME_FONT): number {
    this.ctx.font = cssFont(font, this.palette.family);
    return this.ctx.measureText(text).width;
  }

  /** Opens exactly these groups. The anchor keeps its place on the screen, the rest moves to its own. */
  private setOpen(groups: Iterable<string>, anchor: string | null): void {
    const before = this.scene;
    this.open.clear();
    for (const group of groups) this.open.add(group);
    this.scene = this.builder.build(this.open);
    const shown = anchor === null ? null : this.options.graph.shown(anchor, this.open);
    const old = anchor === null ? undefined : (before.nodes.get(anchor) ?? before.nodes.get(shown!));
    const now = anchor === null ? undefined : (this.scene.nodes.get(anchor) ?? this.scene.nodes.get(shown!));
    if (old && now) {
      const [dx, dy] = [entranceColumn(this.scene, now) - entranceColumn(before, old), now.y - old.y];
      this.camera.x += dx;
      this.camera.y += dy;
      const from = [...before.nodes].map(([id, node]) => [id, { ...node, x: node.x + dx, y: node.y + dy }] as const);
      this.motion = wantsStillness() ? null : new Motion(new Map(from), performance.now());
      this.moved = true;
    } else {
      this.motion = null;
      this.fitCamera();
    }
    this.setHovered(null);
    this.announceView();
  }

  private toggle(id: string): void {
    if (this.open.has(id)) this.collapse(id);
    else this.expand(id);
    this.options.onToggle?.(id, this.open.has(id));
  }

  private reveal(id: string): void {
    const closed = this.options.graph.ancestors(id).filter((group) => !this.open.has(group));
    if (closed.length > 0) this.setOpen([...this.open, ...closed], closed.at(-1)!);
    const node = this.scene.nodes.get(id);
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
    this.camera.fit(this.scene.layout, this.size(), first ? entranceColumn(this.scene, first) : 0);
  }

  private changeView(change: () => void): void {
    change();
    this.moved = true;
    this.announceView();
  }

  private announceView(): void {
    this.redraw();
    this.options.onViewChange?.();
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
    this.options.onViewChange?.();
  }

  private redraw(): void {
    if (this.pending === 0) this.pending = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    cancelAnimationFrame(this.pending);
    this.pending = 0;
    const start = performance.now();
    const frame = this.frame(start);
    drawFrame(this.ctx, frame);
    this.minimap.draw(frame);
    this.frameMs = performance.now() - start;
    if (this.motion) this.redraw();
  }

  private frame(now: number): Frame {
    const { graph, parameterCount } = this.options;
    const failed = graph.graph.capture.failed_node;
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
      failed: this.shownId(failed),
      paint: this.paint,
      members: (id) => this.builder.members(id),
      parameterCount,
      from: this.motion?.from ?? null,
      progress,
    };
  }

  /** What is drawn in place of a node, which may be inside a closed group. */
  private shownId(id: string | null): string | null {
    return id !== null && this.options.graph.has(id) ? this.options.graph.shown(id, this.open) : null;
  }

  /** The innermost node at a place on the screen, and whether its chevron is there. */
  private hit(screenX: number, screenY: number): { node: LayoutNode; chevron: boolean } | null {
    const [x, y] = this.camera.toWorld(screenX, screenY);
    const frame = this.frame(performance.now());
    let found: LayoutNode | null = null;
    for (const node of this.scene.layout.nodes) {
      const place = placeNow(frame, node);
      const inside = x >= place.x && x <= place.x + place.width && y >= place.y && y <= place.y + place.height;
      if (inside && (!found || node.depth > found.depth)) found = node;
    }
    if (!found) return null;
    const hasChevron = found.header !== null || found.box?.style === "folded";
    const start = found.header ? headerSpan(frame, found).left : found.x;
    const chevron = hasChevron && x < start + BOX_PADDING + CHEVRON_ROOM && x >= start && y < found.y + HEADER_HEIGHT;
    return { node: found, chevron };
  }

  private listen(): void {
    const { signal } = this.listening;
    const gestures = {
      drag: (dx: number, dy: number) => this.changeView(() => this.camera.pan(dx, dy)),
      zoom: (factor: number, x: number, y: number) => this.changeView(() => this.camera.zoom(factor, x, y)),
      hover: (x: number, y: number) => this.hover(x, y),
      leave: () => this.setHovered(null),
      click: (x: number, y: number) => this.click(x, y),
      doubleClick: (x: number, y: number) => this.doubleClick(x, y),
    };
    listenForGestures(this.surface, gestures, signal);
    this.surface.addEventListener("keydown", (event) => this.press(event), { signal });
  }

  private click(x: number, y: number): void {
    const hit = this.hit(x, y);
    if (hit?.chevron) return this.toggle(hit.node.id);
    this.choose(hit?.node.id ?? null);
  }

  private doubleClick(x: number, y: number): void {
    const hit = this.hit(x, y);
    if (hit && !hit.chevron && this.options.graph.isGroup(hit.node.id)) this.toggle(hit.node.id);
  }

  private choose(id: string | null): void {
    this.select(id);
    this.options.onSelect(id);
  }

  private hover(x: number, y: number): void {
    const hit = this.hit(x, y);
    this.setHovered(hit?.node.id ?? null);
    this.tip.show(hit?.node ?? null, x, y, this.size().width);
  }

  private setHovered(id: string | null): void {
    if (id === null) this.tip.hide();
    if (id === this.hovered) return;
    this.hovered = id;
    this.surface.dataset["over"] = id === null ? "nothing" : "node";
    this.options.onHover?.(id);
    this.redraw();
  }

  private press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = KEY_DIRECTIONS[event.key];
    const selected = this.shownId(this.selected);
    if (direction) this.step(selected, direction);
    else if (event.key === "Enter" && selected !== null) this.toggle(selected);
    else if (event.key === "Escape") this.choose(null);
    else if (event.key === "+" || event.key === "=") this.zoomBy(ZOOM_STEP);
    else if (event.key === "-") this.zoomBy(1 / ZOOM_STEP);
    else if (event.key === "0") this.fit();
    else return;
    event.preventDefault();
  }

  private step(from: string | null, direction: Direction): void {
    const next = nextNode(this.scene, from, direction);
    if (next === null) return;
    this.choose(next);
    this.reveal(next);
  }
}
