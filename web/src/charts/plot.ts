/** A picture on the page: drawn crisply, pointed at, walked by keyboard, zoomed, with the chosen node ringed. */

import { h, s } from "../app/dom";
import { paint } from "./paint";
import { themeShown } from "./palette";
import { type Hit, type Picture, type Zoom, WHOLE, round } from "./picture";
import { mount } from "./svg";

/** More shapes than this are painted on a canvas; fewer are elements. */
const MOST_ELEMENTS = 1500;
const TALLEST = 560;
const NEAR = 14;
const SMALLEST_DRAG = 6;
const ZOOM_STEP = 0.6;
const SMALLEST_ZOOM = 1e-4;
/** How long a click waits for a second one, in milliseconds, where two of them show all. */
const DOUBLE_CLICK = 260;

export interface PlotOptions {
  label: string;
  choose: (node: string) => void;
  hover: (node: string | null) => void;
  zoomed: (zoom: Zoom) => void;
}

export class Plot {
  readonly element: HTMLElement;
  private readonly body = h("div", "plot-body");
  private readonly head = h("div", "plot-head");
  private readonly over = s("svg", { class: "plot-over", "aria-hidden": "true" });
  private readonly readout = h("div", { class: "readout", role: "status" });
  private readonly canvas = h("canvas", "plot-canvas");
  private picture: Picture | null = null;
  private view: Zoom = WHOLE;
  private width = 0;
  private at = -1;
  private chosen: string | null = null;
  private hovered: string | null = null;
  private step: number | null = null;
  private drag: { x: number; y: number; toX: number; toY: number } | null = null;
  private readonly fingers = new Map<number, [number, number]>();
  private waiting: number | undefined;

  constructor(
    private readonly make: (width: number, zoom: Zoom) => Picture,
    private readonly options: PlotOptions,
  ) {
    this.readout.hidden = true;
    this.element = h("div", { class: "plot", tabindex: 0, role: "group", "aria-roledescription": "chart", "aria-label": options.label }, this.head, this.body, this.readout);
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("scroll", () => this.paintInView());
    this.element.addEventListener("blur", () => this.point(-1));
    this.listen();
  }

  draw(width: number): void {
    this.width = width;
    const picture = this.make(width, this.view);
    this.picture = picture;
    this.at = -1;
    this.readout.hidden = true;
    const theme = themeShown();
    const headTall = picture.head?.height ?? 0;
    this.head.replaceChildren();
    this.head.hidden = !picture.head;
    if (picture.head) this.head.append(sheet(width, headTall, mount(picture.head.shapes, theme)));
    this.over.setAttribute("viewBox", `0 0 ${round(width)} ${round(picture.height)}`);
    this.body.style.height = `${Math.ceil(picture.height)}px`;
    this.element.style.maxHeight = picture.head ? `${TALLEST}px` : "";
    if (picture.shapes.length > MOST_ELEMENTS) {
      this.body.replaceChildren(this.canvas, this.over);
      this.paintInView();
    } else {
      this.body.replaceChildren(sheet(width, picture.height, mount(picture.shapes, theme)), this.over);
    }
    this.ring();
  }

  recolour(): void {
    if (this.width) this.draw(this.width);
  }

  /** What `make` draws has changed; the mark that is pointed at, or walked to, stays. */
  renew(): void {
    if (!this.width || this.drag) return;
    const { at } = this;
    const { scrollTop } = this.element;
    this.draw(this.width);
    this.element.scrollTop = scrollTop;
    if (at >= 0 && this.picture?.hits[at]) this.point(at);
  }

  /** Ring the node that is chosen and the one that is pointed at; mark a step. */
  show(chosen: string | null, hovered: string | null, step: number | null): void {
    [this.chosen, this.hovered, this.step] = [chosen, hovered, step];
    this.ring();
  }

  reset(): void {
    this.zoomTo(WHOLE);
  }

  zoom(): Zoom {
    return this.view;
  }

  destroy(): void {
    clearTimeout(this.waiting);
  }

  /** The canvas is as high as what can be seen, and painted again as that scrolls. */
  private paintInView(): void {
    const { picture, canvas } = this;
    if (!picture || !canvas.isConnected) return;
    const ratio = window.devicePixelRatio || 1;
    const headTall = picture.head?.height ?? 0;
    const isScrolled = picture.head !== undefined && picture.height + headTall > TALLEST;
    const tall = isScrolled ? TALLEST - headTall : picture.height;
    const from = isScrolled ? Math.min(this.element.scrollTop, picture.height - tall) : 0;
    canvas.width = Math.round(this.width * ratio);
    canvas.height = Math.round(tall * ratio);
    canvas.style.width = `${this.width}px`;
    canvas.style.height = `${tall}px`;
    canvas.style.top = `${from}px`;
    const context = canvas.getContext("2d");
    if (!context) return;
    context.setTransform(ratio, 0, 0, ratio, 0, -from * ratio);
    paint(context, picture.shapes, themeShown(), from, from + tall);
  }

  private ring(): void {
    const { picture } = this;
    if (!picture) return;
    const rings: SVGElement[] = [];
    const add = (hit: Hit, width: number): void => {
      const gap = width === 2 ? 2 : 1;
      const box = { x: round(hit.x - gap), y: round(hit.y - gap + (hit.near ? 0 : 1)), width: round(hit.width + 2 * gap), height: round(hit.height + 2 * gap - (hit.near ? 0 : 2)) };
      rings.push(s("rect", { ...box, rx: hit.near ? box.width / 2 : 3, fill: "none", stroke: "var(--accent)", "stroke-width": width, class: width === 2 ? "ring chosen" : "ring" }));
    };
    for (const hit of picture.hits) if (this.chosen !== null && hit.node === this.chosen) add(hit, 2);
    if (this.hovered !== null && this.hovered !== this.chosen) for (const hit of picture.hits) if (hit.node === this.hovered) add(hit, 1);
    const here = picture.hits[this.at];
    if (here && (here.node === null || here.node !== this.chosen)) add(here, 1);
    const x = this.step === null ? null : (picture.xAt?.(this.step) ?? null);
    const { plot } = picture;
    if (x !== null && x >= plot.x && x <= plot.x + plot.width) rings.push(s("line", { x1: x, x2: x, y1: plot.y, y2: plot.y + plot.height, stroke: "var(--accent)", "stroke-width": 1.5 }));
    if (this.drag) rings.push(this.selection());
    this.over.replaceChildren(...rings);
  }

  private selection(): SVGElement {
    const { plot, zooms } = this.picture!;
    const { x, y, toX, toY } = this.drag!;
    const across = { x: Math.min(x, toX), width: Math.abs(toX - x) };
    const down = zooms === "xy" ? { y: Math.min(y, toY), height: Math.abs(toY - y) } : { y: plot.y, height: plot.height };
    return s("rect", { ...across, ...down, class: "selection" });
  }

  private listen(): void {
    const { over } = this;
    const place = (event: PointerEvent | MouseEvent): [number, number] => {
      const box = over.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    over.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      const [x, y] = place(event);
      if (event.pointerType === "touch") this.fingers.set(event.pointerId, [x, y]);
      this.drag = this.fingers.size > 1 || this.picture?.zooms === "none" ? null : { x, y, toX: x, toY: y };
      over.setPointerCapture(event.pointerId);
    });
    over.addEventListener("pointermove", (event) => this.move(event, place(event)));
    over.addEventListener("pointerup", (event) => this.lift(event, place(event)));
    over.addEventListener("pointercancel", (event) => {
      this.fingers.delete(event.pointerId);
      this.drag = null;
      this.ring();
    });
    over.addEventListener("pointerleave", () => !this.drag && this.point(-1));
    over.addEventListener("dblclick", () => {
      clearTimeout(this.waiting);
      this.reset();
    });
  }

  private move(event: PointerEvent, [x, y]: [number, number]): void {
    if (this.fingers.size === 2 && this.fingers.has(event.pointerId)) {
      const before = [...this.fingers.values()];
      this.fingers.set(event.pointerId, [x, y]);
      return this.pinch(before, [...this.fingers.values()]);
    }
    if (this.fingers.has(event.pointerId)) this.fingers.set(event.pointerId, [x, y]);
    if (!this.drag) return this.point(this.hitAt(x, y));
    const { plot } = this.picture!;
    this.drag.toX = Math.max(plot.x, Math.min(plot.x + plot.width, x));
    this.drag.toY = Math.max(plot.y, Math.min(plot.y + plot.height, y));
    this.drag.x = Math.max(plot.x, Math.min(plot.x + plot.width, this.drag.x));
    this.ring();
  }

  private lift(event: PointerEvent, [x, y]: [number, number]): void {
    this.fingers.delete(event.pointerId);
    const { drag, picture } = this;
    this.drag = null;
    if (!picture) return;
    if (drag && Math.abs(drag.toX - drag.x) > SMALLEST_DRAG) return this.zoomInto(drag);
    const hit = picture.hits[this.hitAt(x, y)];
    this.ring();
    if (hit?.node) this.click(hit.node);
  }

  /** Choose a node, where the chart is zoomed only once the click has not become a double click. */
  private click(node: string): void {
    clearTimeout(this.waiting);
    if (!this.isZoomed()) return this.options.choose(node);
    this.waiting = setTimeout(() => this.options.choose(node), DOUBLE_CLICK);
  }

  private isZoomed(): boolean {
    return this.view.x[1] - this.view.x[0] < 1 || this.view.y[1] - this.view.y[0] < 1;
  }

  private zoomInto({ x, y, toX, toY }: NonNullable<typeof this.drag>): void {
    const { plot, zooms } = this.picture!;
    const along = (from: number, to: number, start: number, length: number, [low, high]: readonly [number, number]): [number, number] => {
      const share = (value: number): number => low + ((value - start) / length) * (high - low);
      return [share(Math.min(from, to)), share(Math.max(from, to))];
    };
    const isTall = zooms === "xy" && Math.abs(toY - y) > SMALLEST_DRAG;
    this.zoomTo({ x: along(x, toX, plot.x, plot.width, this.view.x), y: isTall ? along(y, toY, plot.y, plot.height, this.view.y) : this.view.y });
  }

  private pinch(before: [number, number][], after: [number, number][]): void {
    const { plot, zooms } = this.picture!;
    const spread = (points: [number, number][], k: 0 | 1): number => Math.max(8, Math.abs(points[0]![k] - points[1]![k]));
    const factor = Math.hypot(spread(before, 0), spread(before, 1)) / Math.hypot(spread(after, 0), spread(after, 1));
    const centre = (k: 0 | 1, start: number, length: number): number => ((after[0]![k] + after[1]![k]) / 2 - start) / length;
    this.zoomBy(factor, centre(0, plot.x, plot.width), zooms === "xy" ? centre(1, plot.y, plot.height) : 0.5);
  }

  private zoomBy(factor: number, atX = 0.5, atY = 0.5): void {
    const around = ([low, high]: readonly [number, number], at: number): [number, number] => {
      const centre = low + at * (high - low);
      return [centre - (centre - low) * factor, centre + (high - centre) * factor];
    };
    this.zoomTo({ x: around(this.view.x, atX), y: this.picture?.zooms === "xy" ? around(this.view.y, atY) : WHOLE.y });
  }

  private pan(dx: number, dy: number): void {
    const moved = ([low, high]: readonly [number, number], by: number): [number, number] => [low + by * (high - low), high + by * (high - low)];
    this.zoomTo({ x: moved(this.view.x, dx), y: moved(this.view.y, dy) });
  }

  private zoomTo(zoom: Zoom): void {
    if (this.picture?.zooms === "none") return;
    const held = ([low, high]: readonly [number, number]): [number, number] => {
      const span = Math.max(SMALLEST_ZOOM, Math.min(1, high - low));
      const from = Math.max(0, Math.min(1 - span, low));
      return span > 0.999 ? [0, 1] : [from, from + span];
    };
    this.view = { x: held(zoom.x), y: held(zoom.y) };
    this.options.zoomed(this.view);
    if (this.width) this.draw(this.width);
  }

  /** The mark under a place: the smallest box around it, or the nearest point. */
  private hitAt(x: number, y: number): number {
    let [best, least] = [-1, Infinity];
    this.picture?.hits.forEach((hit, i) => {
      const distance = hit.near ? Math.hypot(hit.x + hit.width / 2 - x, hit.y + hit.height / 2 - y) : x >= hit.x && x < hit.x + hit.width && y >= hit.y && y < hit.y + hit.height ? NEAR : Infinity;
      if (distance <= NEAR && distance < least) [best, least] = [i, distance];
    });
    return best;
  }

  private point(at: number): void {
    if (at === this.at) return;
    this.at = at;
    const hit = this.picture?.hits[at];
    this.readout.hidden = !hit;
    if (hit) {
      this.readout.textContent = hit.tip;
      this.over.style.cursor = hit.node ? "pointer" : "crosshair";
      this.placeReadout(hit);
    }
    this.options.hover(hit?.node ?? null);
    this.ring();
  }

  private placeReadout(hit: Hit): void {
    const headTall = this.picture?.head?.height ?? 0;
    const y = hit.y + headTall;
    const isLow = y - this.element.scrollTop < 40;
    const { style } = this.readout;
    style.left = `${Math.max(0, Math.min(hit.x + hit.width / 2, this.width - 8))}px`;
    style.top = `${isLow ? y + hit.height + 6 : y - 6}px`;
    const share = (hit.x + hit.width / 2) / Math.max(1, this.width);
    style.transform = `translate(${-100 * Math.max(0, Math.min(1, share))}%, ${isLow ? 0 : -100}%)`;
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.picture) return;
    const isZoomed = this.isZoomed();
    const keys: Record<string, () => void> = {
      ArrowRight: () => (event.shiftKey ? this.pan(0.2, 0) : this.walk(1, "x")),
      ArrowLeft: () => (event.shiftKey ? this.pan(-0.2, 0) : this.walk(-1, "x")),
      ArrowDown: () => (event.shiftKey ? this.pan(0, 0.2) : this.walk(1, "y")),
      ArrowUp: () => (event.shiftKey ? this.pan(0, -0.2) : this.walk(-1, "y")),
      "+": () => this.zoomBy(ZOOM_STEP),
      "=": () => this.zoomBy(ZOOM_STEP),
      "-": () => this.zoomBy(1 / ZOOM_STEP),
      "0": () => this.reset(),
      Enter: () => this.chooseHere(),
      ...(isZoomed || this.at >= 0 ? { Escape: () => (isZoomed ? this.reset() : this.point(-1)) } : {}),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  private chooseHere(): void {
    const node = this.picture?.hits[this.at]?.node;
    if (node) this.options.choose(node);
  }

  /** The next mark in a direction: in a matrix along its row or column, else in order. */
  private walk(by: 1 | -1, along: "x" | "y"): void {
    const hits = this.picture?.hits ?? [];
    if (!hits.length) return;
    const here = hits[this.at];
    const next = here ? nextAlong(hits, this.at, by, along) : by > 0 ? 0 : hits.length - 1;
    this.point(next);
    const hit = hits[next]!;
    const headTall = this.picture?.head?.height ?? 0;
    const { scrollTop, clientHeight } = this.element;
    if (hit.y < scrollTop) this.element.scrollTop = hit.y;
    else if (hit.y + hit.height + headTall > scrollTop + clientHeight) this.element.scrollTop = hit.y + hit.height + headTall - clientHeight;
  }
}

function nextAlong(hits: readonly Hit[], at: number, by: 1 | -1, along: "x" | "y"): number {
  const here = hits[at]!;
  const across = along === "x" ? "y" : "x";
  const inLine = hits.map((hit, i) => ({ hit, i })).filter(({ hit }) => Math.abs(hit[across] - here[across]) < 0.5);
  if (inLine.length === 1 || here.near) return Math.max(0, Math.min(hits.length - 1, at + by));
  inLine.sort((a, b) => a.hit[along] - b.hit[along]);
  const place = inLine.findIndex(({ i }) => i === at);
  return inLine[Math.max(0, Math.min(inLine.length - 1, place + by))]!.i;
}

function sheet(width: number, height: number, content: DocumentFragment): SVGSVGElement {
  const drawing = s("svg", { class: "sheet", viewBox: `0 0 ${round(width)} ${round(height)}`, width: round(width), height: round(height), "aria-hidden": "true" });
  drawing.append(content);
  return drawing;
}
