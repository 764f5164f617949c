/** Series over steps: uPlot with crosshair and zoom, in the page's own look. */

import uPlot from "uplot";
import type { Line, Panel } from "../generated/document";
import { h } from "../app/dom";
import { toNumber } from "../model/format";
import { fewer, roomForTicks, tickText } from "./axes";
import { ODD_LANE, endsOfLines, envelopeTexts, envelopesOf, hasOdd, linesOf, noteShapes, pointText, roomForLabels, scaleOfLines, shadeShapes, type LineFrame, xText } from "./lines";
import { paint } from "./paint";
import { colourOf, themeShown } from "./palette";
import { line, type Zoom } from "./picture";
import { inkOfRole } from "./roles";
import type { Scale } from "./scale";

export const SERIES_HEIGHT = 210;
/** Steps between ticks: steps of training are whole. */
const WHOLE_STEPS = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((factor) => factor * 10 ** power)).flat();
const ZOOM_STEP = 0.6;

export interface SeriesOptions {
  zoomed: (zoom: Zoom) => void;
  chooseStep: ((step: number) => void) | undefined;
  /** Closer points of the lines in a stretch; null for a line that has none. */
  closer?: ((low: number, high: number) => Promise<(Closer | null)[] | null>) | undefined;
}

/** Points of a line in a stretch that is looked at closely. */
export type Closer = Pick<Line, "x" | "y">;

/** A stretch is asked for when zooming has rested for so long. */
const REST_MS = 150;

/** Lines over a shared x axis: crosshair, drag or pinch to zoom, double click for all. */
export class SeriesChart {
  readonly element = h("div", "series");
  private plot: uPlot | null = null;
  private readonly readout = h("div", { class: "readout", role: "status" });
  private lines: Line[];
  /** Of each line, the index of its point at each value of x. */
  private places: Map<number, number>[];
  private scale: Scale;
  private ends: [number, number];
  private readonly fingers = new Map<number, number>();
  private step: number | null = null;
  private window: [number, number];

  private resting: number | undefined;
  private isClose = false;

  constructor(
    private panel: Panel,
    private readonly options: SeriesOptions,
  ) {
    this.lines = linesOf(panel);
    this.places = placesOf(this.lines);
    this.scale = scaleOfLines(panel);
    this.ends = endsOfLines(panel);
    this.window = [...this.ends];
    this.element.style.height = `${SERIES_HEIGHT}px`;
    this.element.tabIndex = 0;
    this.readout.hidden = true;
    this.element.append(this.readout);
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("blur", () => this.moveTo(null));
  }

  draw(width: number): void {
    if (this.plot) return this.plot.setSize({ width, height: SERIES_HEIGHT });
    this.plot = new uPlot(this.settings(width), aligned(this.lines, this.panel), this.element);
    this.listen(this.plot);
  }

  /** The lines have grown: whoever looks at all of them goes on to, and a stretch that is zoomed into stays. */
  renew(panel: Panel): void {
    const { plot, window } = this;
    const isWhole = window[0] === this.ends[0] && window[1] === this.ends[1];
    this.panel = panel;
    this.isClose = false;
    this.take(linesOf(panel));
    this.scale = scaleOfLines(panel);
    this.ends = endsOfLines(panel);
    if (isWhole) this.window = [...this.ends];
    if (!plot) return;
    const { width } = plot;
    const { left, top } = plot.cursor;
    plot.destroy();
    this.plot = null;
    this.draw(width);
    if (!isWhole) this.showRange(window[0], window[1]);
    if (left !== undefined && left >= 0) this.plot!.setCursor({ left, top: top ?? 10 });
  }

  private take(lines: Line[]): void {
    this.lines = lines;
    this.places = placesOf(lines);
  }

  /** Ask for closer points of what is shown, once zooming rests. */
  private lookCloser(): void {
    clearTimeout(this.resting);
    const { closer } = this.options;
    const isWhole = this.window[0] <= this.ends[0] && this.window[1] >= this.ends[1];
    if (closer && !isWhole) this.resting = setTimeout(() => void this.ask(closer), REST_MS);
    else if (isWhole && this.isClose) this.put(linesOf(this.panel), false);
  }

  private async ask(closer: NonNullable<SeriesOptions["closer"]>): Promise<void> {
    const [low, high] = this.window;
    const { panel } = this;
    const found = await closer(low, high);
    if (!found || this.panel !== panel || this.window[0] !== low || this.window[1] !== high) return;
    const lines = linesOf(panel).map((mark, i) => (found[i] ? within(mark, found[i]) : mark));
    this.put(lines, true);
  }

  private put(lines: Line[], isClose: boolean): void {
    this.take(lines);
    this.isClose = isClose;
    this.plot?.setData(aligned(lines, this.panel), false);
    this.plot?.redraw(false);
  }

  /** Draw again in the colours of the theme that is shown now. */
  recolour(): void {
    this.plot?.redraw(false);
  }

  /** Mark a step, on an axis of steps; null marks none. Lines stand for no node. */
  show(_selected: string | null, _hovered: string | null, step: number | null): void {
    const shown = /\bsteps?\b/i.test(this.panel.x.label) ? step : null;
    if (shown === this.step) return;
    this.step = shown;
    this.plot?.redraw(false);
  }

  reset(): void {
    this.showRange(...this.ends);
  }

  destroy(): void {
    clearTimeout(this.resting);
    this.plot?.destroy();
  }

  /** What is shown, as shares of the whole axis. */
  zoom(): Zoom {
    const span = this.ends[1] - this.ends[0];
    return { x: [(this.window[0] - this.ends[0]) / span, (this.window[1] - this.ends[0]) / span], y: [0, 1] };
  }

  private showRange(low: number, high: number): void {
    const [first, last] = this.ends;
    const span = Math.min(high - low, last - first);
    const from = Math.max(first, Math.min(low, last - span));
    this.plot?.setScale("x", { min: from, max: from + span });
  }

  private settings(width: number): uPlot.Options {
    const { panel } = this;
    const ink = (name: string): string => colourOf(name, themeShown());
    const font = `10px ${getComputedStyle(document.documentElement).getPropertyValue("--font-sans")}`;
    const axis: uPlot.Axis = { stroke: () => ink("text-3"), font, grid: { show: false }, ticks: { show: false } };
    const ticks = fewer(this.scale.ticks);
    return {
      width,
      height: SERIES_HEIGHT,
      padding: [10 + (hasOdd(panel) ? ODD_LANE : 0), roomForLabels(panel), 0, 0],
      legend: { show: false },
      cursor: { points: { size: 7 }, y: false, drag: { x: true, y: false, dist: 4 } },
      scales: {
        x: { time: false, range: (_, low, high) => (low === null ? this.ends : low === high ? [low - 1, high + 1] : [low, high]) },
        y: { ...distribution(this.scale), range: () => [...this.scale.domain] as [number, number] },
      },
      axes: [
        { ...axis, size: 24, label: [panel.x.label, panel.x.unit].filter(Boolean).join(", "), labelSize: 16, labelFont: font, space: panel.x.categories.length ? 90 : 60, incrs: WHOLE_STEPS, values: (_, splits) => splits.map((value) => this.tickText(value, width, splits.length)) },
        {
          ...axis,
          size: Math.max(34, roomForTicks(this.scale, panel.y.unit)),
          gap: 4,
          grid: { show: true, width: 1, stroke: () => ink("line") },
          splits: () => ticks.map((tick) => tick.value),
          values: () => ticks.map((tick) => tickText(tick, this.scale, panel.y.unit)),
          filter: (_, splits) => splits,
        },
      ],
      series: [{}, ...this.lines.map((mark) => style(mark, this.scale, ink))],
      hooks: {
        drawAxes: [(plot) => paintOn(plot, shadeShapes(panel, frameOf(plot)))],
        draw: [(plot) => paintOn(plot, [...this.stepShapes(plot), ...noteShapes(panel, frameOf(plot))])],
        setCursor: [(plot) => this.say(plot.cursor.idx ?? null, (plot.cursor.left ?? -1) >= 0)],
        setScale: [(plot, key) => key === "x" && this.follow(plot)],
      },
    };
  }

  private tickText(value: number, width: number, ticks: number): string {
    return this.panel.x.categories.length ? (Number.isInteger(value) ? xText(this.panel, value, width / ticks - 12) : "") : stepText(value);
  }

  private stepShapes(plot: uPlot): ReturnType<typeof noteShapes> {
    const isRuled = this.panel.marks.some((mark) => mark.kind === "rule" && mark.axis === "x" && mark.value === this.step);
    if (this.step === null || isRuled) return [];
    const { plot: area, x } = frameOf(plot);
    const at = x(this.step);
    return at < area.x || at > area.x + area.width ? [] : [line(at, area.y, at, area.y + area.height, "accent", { width: 1.5 })];
  }

  private follow(plot: uPlot): void {
    const { min, max } = plot.scales["x"]!;
    if (min == null || max == null) return;
    this.window = [min, max];
    this.options.zoomed(this.zoom());
    this.lookCloser();
  }

  private listen(plot: uPlot): void {
    const { over } = plot;
    over.style.touchAction = "pan-y";
    const at = (event: PointerEvent): number => event.clientX - over.getBoundingClientRect().left;
    over.addEventListener("pointerdown", (event) => event.pointerType === "touch" && this.fingers.set(event.pointerId, at(event)));
    over.addEventListener("pointermove", (event) => {
      if (!this.fingers.has(event.pointerId)) return;
      const before = [...this.fingers.values()];
      this.fingers.set(event.pointerId, at(event));
      if (this.fingers.size === 1) plot.setCursor({ left: at(event), top: 10 });
      else if (this.fingers.size === 2) this.pinch(plot, before, [...this.fingers.values()]);
    });
    for (const end of ["pointerup", "pointercancel", "pointerleave"] as const) over.addEventListener(end, (event) => this.fingers.delete(event.pointerId));
    over.addEventListener("click", () => {
      const index = plot.cursor.idx;
      const step = index == null ? undefined : plot.data[0]?.[index];
      if (step !== undefined && plot.select.width === 0) !this.panel.x.categories.length && this.options.chooseStep?.(step);
    });
  }

  /** Two fingers move two values: those under them stay under them. */
  private pinch(plot: uPlot, before: number[], after: number[]): void {
    const values = before.map((left) => plot.posToVal(left, "x")).sort((a, b) => a - b);
    const [left, right] = [...after].sort((a, b) => a - b) as [number, number];
    if (right - left < 12) return;
    const perPixel = (values[1]! - values[0]!) / (right - left);
    if (!(perPixel > 0)) return;
    const low = values[0]! - left * perPixel;
    this.showRange(low, low + perPixel * plot.over.clientWidth);
  }

  private key(event: KeyboardEvent): void {
    const { plot } = this;
    if (!plot || event.ctrlKey || event.metaKey || event.altKey) return;
    const [low, high] = this.window;
    const centre = this.current() ?? (low + high) / 2;
    const shift = (share: number): void => this.showRange(low + share * (high - low), high + share * (high - low));
    const scaleBy = (factor: number): void => this.showRange(centre - (centre - low) * factor, centre + (high - centre) * factor);
    const keys: Record<string, () => void> = {
      ArrowRight: () => (event.shiftKey ? shift(0.2) : this.walk(1)),
      ArrowLeft: () => (event.shiftKey ? shift(-0.2) : this.walk(-1)),
      Home: () => this.moveTo(0),
      End: () => this.moveTo(plot.data[0].length - 1),
      "+": () => scaleBy(ZOOM_STEP),
      "=": () => scaleBy(ZOOM_STEP),
      "-": () => scaleBy(1 / ZOOM_STEP),
      "0": () => this.reset(),
      Escape: () => this.reset(),
      Enter: () => this.current() !== null && this.options.chooseStep?.(this.current()!),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    if (event.key === "Escape") event.stopPropagation();
    act();
  }

  private current(): number | null {
    const index = this.plot?.cursor.idx;
    return index == null ? null : (this.plot!.data[0][index] ?? null);
  }

  private walk(by: number): void {
    const { plot } = this;
    if (!plot) return;
    const xs = plot.data[0];
    const inside = Array.from(xs, (x, i) => ({ x, i })).filter(({ x }) => x >= this.window[0] && x <= this.window[1]);
    if (!inside.length) return;
    const now = plot.cursor.idx;
    const next = now == null || (plot.cursor.left ?? -1) < 0 ? (by > 0 ? inside[0]!.i : inside.at(-1)!.i) : now + by;
    this.moveTo(Math.max(inside[0]!.i, Math.min(inside.at(-1)!.i, next)));
  }

  private moveTo(index: number | null): void {
    const { plot } = this;
    if (!plot) return;
    if (index === null) return plot.setCursor({ left: -10, top: -10 });
    plot.setCursor({ left: plot.valToPos(plot.data[0][index]!, "x"), top: 10 });
  }

  private say(index: number | null, isShown: boolean): void {
    this.readout.hidden = index === null || !isShown;
    if (this.readout.hidden || index === null) return;
    const x = this.plot?.data[0]?.[index];
    if (x === undefined) return;
    const said = this.lines.flatMap((mark, line) => {
      const at = this.places[line]!.get(x);
      return at === undefined ? [] : [pointText(this.panel, mark, at)];
    });
    const where = this.panel.x.categories.length ? xText(this.panel, x) : `${this.panel.x.label} ${stepText(x)}`;
    this.readout.textContent = `${where}: ${[...said, ...envelopeTexts(this.panel, x)].join(", ")}`;
  }
}

/** uPlot's form: one x column, then a column a line; undefined where a line has no point there. */
function aligned(lines: readonly Line[], panel: Panel): uPlot.AlignedData {
  const xs = new Set<number>();
  for (const mark of lines) for (const x of mark.x) if (x !== null) xs.add(Number(x));
  for (const mark of envelopesOf(panel)) for (const x of mark.x) if (x !== null) xs.add(Number(x));
  const sorted = [...xs].sort((a, b) => a - b);
  const place = new Map(sorted.map((x, i) => [x, i]));
  const columns = lines.map((mark) => {
    const column = new Array<number | null | undefined>(sorted.length).fill(undefined);
    mark.x.forEach((x, i) => {
      const at = place.get(Number(x));
      if (at !== undefined) column[at] = toNumber(mark.y[i]);
    });
    return column;
  });
  return [sorted, ...columns];
}

function placesOf(lines: readonly Line[]): Map<number, number>[] {
  return lines.map((mark) => new Map(mark.x.map((x, i) => [Number(x), i])));
}

/** A line with closer points where there are such. */
function within(mark: Line, closer: Closer): Line {
  const [low, high] = [Number(closer.x[0]), Number(closer.x.at(-1))];
  if (!closer.x.length) return mark;
  const keep = (from: (x: number) => boolean): number[] => mark.x.flatMap((x, i) => (from(Number(x)) ? [i] : []));
  const [before, after] = [keep((x) => x < low), keep((x) => x > high)];
  const join = <T>(own: readonly T[], inside: readonly T[]): T[] => [...before.map((i) => own[i]!), ...inside, ...after.map((i) => own[i]!)];
  return { ...mark, x: join(mark.x, closer.x), y: join(mark.y, closer.y), markers: false };
}

/** How uPlot places values: as the scale does that is drawn beside it. */
function distribution(scale: Scale): uPlot.Scale {
  if (scale.kind === "log") return { distr: 3 };
  if (scale.kind === "linear") return { distr: 1 };
  return { distr: 100 as uPlot.Scale.Distr, fwd: (value) => scale.place(value), bwd: (share) => scale.at(share) };
}

/** Steps are whole numbers: no exponent and no decimals unless the axis is zoomed that far. */
function stepText(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 2 });
}

function style(mark: Line, scale: Scale, ink: (name: string) => string): uPlot.Series {
  const hasPlace = (value: unknown): boolean => toNumber(value) !== null && !(scale.kind === "log" && Number(value) <= 0);
  return {
    label: mark.label,
    stroke: () => ink(inkOfRole(mark.role)),
    width: 1.6,
    dash: mark.dashed ? [5, 3].map((length) => length * uPlot.pxRatio) : [], // uPlot takes pixels of the screen
    points: mark.markers ? { show: true, size: 6, fill: () => ink("panel") } : { show: mark.y.filter(hasPlace).length === 1 },
    spanGaps: false,
  };
}

/** Where uPlot has put its axes, in pixels of the page. */
function frameOf(plot: uPlot): LineFrame {
  const ratio = uPlot.pxRatio;
  const { left, top, width, height } = plot.bbox;
  const { min, max } = plot.scales["x"]!;
  return {
    domain: [min ?? 0, max ?? 1],
    plot: { x: left / ratio, y: top / ratio, width: width / ratio, height: height / ratio },
    x: (value) => plot.valToPos(value, "x", true) / ratio,
    y: (value) => plot.valToPos(value, "y", true) / ratio,
  };
}

function paintOn(plot: uPlot, shapes: ReturnType<typeof noteShapes>): void {
  const ratio = uPlot.pxRatio;
  plot.ctx.save();
  plot.ctx.scale(ratio, ratio);
  paint(plot.ctx, shapes, themeShown());
  plot.ctx.restore();
}
