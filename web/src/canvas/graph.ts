/** The graph on a canvas: open, close, choose, pan, zoom, and a map of the whole. */

import type { Box } from "../diagram/compose";
import { type GraphIndex, ROOT } from "../model/nodes";
import { Camera } from "./camera";
import { type DrawState, type Palette, draw } from "./draw";
import { Minimap } from "./minimap";
import { type Scene, SceneBuilder } from "./scene";

/** How a node is coloured: `fill` is null where there is nothing to colour by. */
export interface Paint {
  fill: string | null;
  value?: string;
  state: "value" | "none" | "unmeasured";
}

export interface GraphCanvasOptions {
  graph: GraphIndex;
  /** Whether a node ever carries a number, so that room is kept for it. */
  hasValue: (id: string) => boolean;
  /** Written at the right of an open group's title. */
  subtitle: (id: string) => string;
  onSelect: (id: string | null) => void;
  onViewChange?: () => void;
}

const EXPAND_MS = 200;

export class GraphCanvas {
  private readonly canvas = document.createElement("canvas");
  private readonly tooltip = document.createElement("div");
  private readonly camera = new Camera();
  private readonly open = new Set<string>();
  private readonly builder: SceneBuilder;
  private readonly minimap: Minimap;
  private readonly observer: ResizeObserver;
  private scene: Scene;
  private palette: Palette;
  private paint: (id: string) => Paint = () => ({ fill: null, state: "none" });
  private selected: string | null = null;
  private hovered: string | null = null;
  private moving: { from: Map<string, Box>; start: number } | null = null;
  private frame = 0;
  private frameMs = 0;
  private touched = false;

  constructor(
    private readonly host: HTMLElement,
    private readonly options: GraphCanvasOptions,
  ) {
    this.canvas.className = "graph-canvas";
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute(
      "aria-label",
      "Architecture graph. The outline beside it lists the same nodes for the keyboard.",
    );
    this.tooltip.className = "graph-tooltip";
    this.tooltip.hidden = true;
    host.append(this.canvas, this.tooltip);
    this.palette = readPalette(host);
    const ctx = this.canvas.getContext("2d")!;
    const measure = (text: string, font: string) => {
      ctx.font = font;
      return ctx.measureText(text).width;
    };
    this.builder = new SceneBuilder(options.graph, measure, this.palette.family, options.hasValue);
    this.scene = this.builder.build(this.open);
    this.minimap = new Minimap(host, {
      moveTo: (x, y) => this.centreOn(x, y),
      zoomBy: (factor) => this.zoomBy(factor),
      fit: () => this.fit(),
    });
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(host);
    this.listen();
    this.resize();
  }

  setPaint(paint: (id: string) => Paint): void {
    this.paint = paint;
    this.redraw();
  }

  /** Read the colours anew after the theme changed. */
  refreshTheme(): void {
    this.palette = readPalette(this.host);
    this.redraw();
  }

  select(id: string | null, { reveal = false }: { reveal?: boolean } = {}): void {
    this.selected = id === ROOT ? null : id;
    if (id !== null && id !== ROOT && reveal) this.reveal(id);
    this.redraw();
  }

  isOpen(id: string): boolean {
    return this.open.has(id);
  }

  expand(id: string): void {
    if (id === "all") {
      const all = [...this.options.graph.nodes.keys()].filter((n) => this.options.graph.isOpenedByAll(n));
      this.change(() => all.forEach((group) => this.open.add(group)), null);
      return;
    }
    if (!this.options.graph.isGroup(id)) return;
    const wanted = [id, ...this.options.graph.ancestors(id)];
    this.change(() => wanted.forEach((group) => this.open.add(group)), id);
  }

  collapse(id: string): void {
    if (id === "all") this.change(() => this.open.clear(), null);
    else if (this.open.has(id)) this.change(() => this.open.delete(id), id);
  }

  toggle(id: string): void {
    if (this.open.has(id)) this.collapse(id);
    else this.expand(id);
  }

  fit(): void {
    this.touched = false;
    this.camera.fit(this.scene.placed, this.size());
    this.changedView();
  }

  zoomBy(factor: number): void {
    const { width, height } = this.size();
    this.touched = true;
    this.camera.zoom(factor, width / 2, height / 2);
    this.changedView();
  }

  visibleNodes(): { id: string; x: number; y: number; width: number; height: number; group: boolean }[] {
    const bounds = this.canvas.getBoundingClientRect();
    return this.scene.placed.boxes.map((box) => {
      const [x, y] = this.camera.toScreen(box.x, box.y);
      return {
        id: box.id,
        x: bounds.left + x,
        y: bounds.top + y,
        width: box.width * this.camera.scale,
        height: box.height * this.camera.scale,
        group: this.options.graph.isGroup(box.id),
      };
    });
  }

  visibleEdges(): { source: string; target: string; points: [number, number][] }[] {
    const bounds = this.canvas.getBoundingClientRect();
    return this.scene.edges.map((edge, i) => ({
      source: edge.source,
      target: edge.target,
      points: this.scene.placed.routes[i]!.flatMap((s) => this.scene.placed.segments[s]!.points).map(
        ([x, y]): [number, number] => {
          const [sx, sy] = this.camera.toScreen(x, y);
          return [bounds.left + sx, bounds.top + sy];
        },
      ),
    }));
  }

  stats(): { layout_ms: number; frame_ms: number; nodes: number; edges: number } {
    return {
      layout_ms: this.scene.layoutMs,
      frame_ms: this.frameMs,
      nodes: this.scene.placed.boxes.length,
      edges: this.scene.edges.length,
    };
  }

  /** Scale of the view, 1 for life size, and how deep the open groups reach. */
  view(): { scale: number; depth: number; shown: number } {
    const boxes = this.scene.placed.boxes;
    return {
      scale: this.camera.scale,
      depth: 1 + boxes.reduce((deepest, box) => Math.max(deepest, box.depth), 0),
      shown: boxes.filter((box) => !box.group).length,
    };
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    this.observer.disconnect();
    this.host.replaceChildren();
  }

  /** Open or close groups, and move what was there to its new place; the anchor stays put. */
  private change(update: () => void, anchor: string | null): void {
    const before = this.scene;
    update();
    this.scene = this.builder.build(this.open);
    const old = anchor === null ? undefined : before.boxes.get(anchor);
    const now = anchor === null ? undefined : this.scene.boxes.get(anchor);
    const from = new Map(before.boxes);
    if (old && now) {
      const dx = now.x + now.width / 2 - (old.x + old.width / 2);
      const dy = now.y - old.y;
      this.camera.x += dx;
      this.camera.y += dy;
      for (const [id, box] of from) from.set(id, { ...box, x: box.x + dx, y: box.y + dy });
    } else if (!this.touched) {
      this.camera.fit(this.scene.placed, this.size());
    }
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.moving = still || !now ? null : { from, start: performance.now() };
    this.changedView();
  }

  private reveal(id: string): void {
    const closed = this.options.graph.ancestors(id).filter((group) => !this.open.has(group));
    if (closed.length) this.change(() => closed.forEach((group) => this.open.add(group)), closed.at(-1)!);
    const box = this.scene.boxes.get(id);
    if (!box) return;
    const { width, height } = this.size();
    const [left, top] = this.camera.toScreen(box.x, box.y);
    const [right, bottom] = this.camera.toScreen(box.x + box.width, box.y + Math.min(box.height, 80));
    if (left < 10 || top < 10 || right > width - 10 || bottom > height - 10)
      this.centreOn(box.x + box.width / 2, box.y + Math.min(box.height / 2, height / 3));
  }

  private centreOn(x: number, y: number): void {
    const { width, height } = this.size();
    this.touched = true;
    this.camera.x = x - width / 2 / this.camera.scale;
    this.camera.y = y - height / 2 / this.camera.scale;
    this.changedView();
  }

  private changedView(): void {
    this.redraw();
    this.options.onViewChange?.();
  }

  private size(): { width: number; height: number } {
    return { width: Math.max(1, this.host.clientWidth), height: Math.max(1, this.host.clientHeight) };
  }

  private resize(): void {
    const { width, height } = this.size();
    const ratio = devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    if (!this.touched) this.camera.fit(this.scene.placed, { width, height });
    this.drawNow();
    this.options.onViewChange?.();
  }

  private redraw(): void {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.drawNow());
  }

  private drawNow(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const start = performance.now();
    const passed = this.moving ? (start - this.moving.start) / EXPAND_MS : 1;
    if (passed >= 1) this.moving = null;
    const { width, height } = this.size();
    const state: DrawState = {
      scene: this.scene,
      camera: this.camera,
      palette: this.palette,
      index: this.options.graph,
      width,
      height,
      ratio: devicePixelRatio || 1,
      selected: this.selected,
      hovered: this.hovered,
      failed: this.failedShown(),
      paint: this.paint,
      subtitle: this.options.subtitle,
      moving: this.moving?.from ?? null,
      progress: ease(Math.max(0, passed)),
    };
    draw(this.canvas.getContext("2d")!, state);
    this.minimap.draw(state);
    this.frameMs = performance.now() - start;
    if (this.moving) this.redraw();
  }

  private failedShown(): string | null {
    const failed = this.options.graph.graph.capture.failed_node;
    return failed === null ? null : this.options.graph.shown(failed, this.open);
  }

  private hit(x: number, y: number): { id: string; chevron: boolean; title: boolean } | null {
    const [wx, wy] = this.camera.toWorld(x, y);
    const boxes = this.scene.placed.boxes;
    let found: Box | null = null;
    for (const box of boxes)
      if (wx >= box.x && wx <= box.x + box.width && wy >= box.y && wy <= box.y + box.height)
        if (!found || box.depth >= found.depth) found = box;
    if (!found) return null;
    const title = !found.group || wy < found.y + 34;
    const openable = this.options.graph.isOpenedByAll(found.id);
    return { id: found.id, title, chevron: openable && title && wx < found.x + 26 };
  }

  private listen(): void {
    const canvas = this.canvas;
    let press: { x: number; y: number; moved: boolean } | null = null;
    const at = (event: MouseEvent): [number, number] => {
      const bounds = canvas.getBoundingClientRect();
      return [event.clientX - bounds.left, event.clientY - bounds.top];
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      press = { x: event.clientX, y: event.clientY, moved: false };
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!press) return this.hover(...at(event));
      const [dx, dy] = [event.clientX - press.x, event.clientY - press.y];
      if (!press.moved && Math.hypot(dx, dy) < 4) return;
      this.touched = true;
      press = { x: event.clientX, y: event.clientY, moved: true };
      canvas.classList.add("dragging");
      this.camera.pan(dx, dy);
      this.changedView();
    });
    canvas.addEventListener("pointerup", (event) => {
      canvas.classList.remove("dragging");
      if (press && !press.moved && event.button === 0) this.click(...at(event), event.detail);
      press = null;
    });
    canvas.addEventListener("pointerleave", () => this.hover(-1, -1));
    canvas.addEventListener("wheel", (event) => this.wheel(event, at(event)), { passive: false });
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  private wheel(event: WheelEvent, [x, y]: [number, number]): void {
    event.preventDefault();
    this.touched = true;
    if (event.ctrlKey || event.metaKey || (event.deltaX === 0 && Math.abs(event.deltaY) >= 50))
      this.camera.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), x, y);
    else this.camera.pan(-event.deltaX, -event.deltaY);
    this.changedView();
  }

  private click(x: number, y: number, clicks: number): void {
    if (clicks > 1) return; // the second half of a double click must not undo the first
    const hit = this.hit(x, y);
    if (!hit) {
      this.options.onSelect(null);
      return;
    }
    const again = this.selected === hit.id;
    if (!again) this.options.onSelect(hit.id);
    const closed = this.options.graph.isOpenedByAll(hit.id) && !this.open.has(hit.id);
    if (hit.chevron || closed || (again && hit.title)) this.toggle(hit.id);
  }

  private hover(x: number, y: number): void {
    const hit = this.hit(x, y);
    const id = hit?.title ? hit.id : null;
    if (id === this.hovered) return;
    this.hovered = id;
    this.canvas.style.cursor = id === null ? "grab" : "pointer";
    const label = id === null ? undefined : this.scene.labels.get(id);
    this.tooltip.hidden = !(id !== null && label?.name.includes("…"));
    if (id !== null && !this.tooltip.hidden) {
      this.tooltip.textContent = id;
      this.tooltip.style.left = `${x + 12}px`;
      this.tooltip.style.top = `${y + 14}px`;
    }
    this.redraw();
  }

  private key(event: KeyboardEvent): void {
    const move: Record<string, "next" | "back"> = { ArrowDown: "next", ArrowRight: "next", ArrowUp: "back", ArrowLeft: "back" };
    const direction = move[event.key];
    if (direction) this.walk(direction);
    else if (event.key === "Enter" && this.selected) this.toggle(this.selected);
    else if (event.key === "Escape") this.options.onSelect(null);
    else if (event.key === "+" || event.key === "=") this.zoomBy(1.25);
    else if (event.key === "-") this.zoomBy(0.8);
    else if (event.key === "0") this.fit();
    else return;
    event.preventDefault();
  }

  /** Along an edge to the next node, or to the first node when none is chosen. */
  private walk(direction: "next" | "back"): void {
    const here = this.selected === null ? null : this.options.graph.shown(this.selected, this.open);
    const edge = this.scene.edges.find((e) => (direction === "next" ? e.source : e.target) === here);
    const next = edge ? (direction === "next" ? edge.target : edge.source) : null;
    const target = next ?? (here === null ? this.scene.placed.boxes[0]?.id : undefined);
    if (target === undefined) return;
    this.options.onSelect(target);
    this.select(target, { reveal: true });
  }
}

function ease(t: number): number {
  return t >= 1 ? 1 : 1 - (1 - t) ** 3;
}

function readPalette(host: HTMLElement): Palette {
  const style = getComputedStyle(host);
  const value = (name: string) => style.getPropertyValue(name).trim();
  return {
    canvas: value("--canvas"),
    panel: value("--panel"),
    line: value("--line"),
    control: value("--control"),
    text: value("--text"),
    text2: value("--text-2"),
    text3: value("--text-3"),
    accent: value("--accent"),
    groups: [value("--group-1"), value("--group-2"), value("--group-3")],
    groupBorder: value("--group-border"),
    edge: value("--edge"),
    high: value("--severity-high"),
    family: value("--font-sans") || "sans-serif",
  };
}
