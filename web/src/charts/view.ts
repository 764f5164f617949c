/** Draws any View: each panel with the chart that its marks ask for, its downloads, and a table behind it. */

import "./charts.css";
import type { Panel, View } from "../generated/document";
import { h } from "../app/dom";
import { visible } from "../model/names";
import { type Drawing, drawingOf } from "./drawing";
import { fileTools, tableBehind } from "./files";
import { follow, hoverInCharts, showInCharts } from "./linked";
import { isSquareOf } from "./matrix";
import { measureOnPage } from "./measuring";
import { type Theme, themeShown } from "./palette";
import { type Zoom, WHOLE } from "./picture";
import { Plot } from "./plot";
import { ScaledChart } from "./scaledchart";
import { type Closer, SeriesChart } from "./series";
import { mount } from "./svg";
import { sentence, unitOf } from "./words";

export interface ViewContext {
  theme: Theme;
  choose: (node: string) => void;
  /** The node that is chosen: ringed in every chart. */
  selected?: string | null;
  /** The step that is looked at: marked on every axis of steps. */
  step?: number | null;
  /** Told of the step that is clicked on an axis of steps. */
  chooseStep?: (step: number) => void;
  /** Draw only the first panels of a view. */
  most?: number;
  /** Draw only the rows with the largest bars. */
  rows?: number;
  /** Closer lines for a stretch of the x axis that is zoomed into, in the order of the panel's own; null where there are none. */
  detail?: ((panel: Panel, low: number, high: number) => Promise<(Closer | null)[] | null>) | undefined;
}

const PRINT_WIDTH = 680;

let isMeasuring = false;

/** The charts of each view that is drawn, and what behind them is written from the numbers. */
const drawnViews = new WeakMap<HTMLElement, { charts: ScaledChart<PanelChart>[]; table: HTMLElement; isPart: boolean; renewTable: () => HTMLElement }>();

/**
 * Show a view that has grown in the place of the one that is drawn: zoom, scroll and focus stay.
 *
 * @returns false where its panels are others, or drawn in another way: then it has to be drawn anew.
 */
export function renewView(body: HTMLElement, view: View): boolean {
  const drawn = drawnViews.get(body);
  if (!drawn) return view.panels.length === 0;
  const panels = view.panels.slice(0, drawn.charts.length);
  const isSame = panels.length === drawn.charts.length && (view.panels.length === panels.length || drawn.isPart);
  if (!isSame || !panels.every((panel, i) => drawn.charts[i]!.canRenew(panel))) return false;
  panels.forEach((panel, i) => drawn.charts[i]!.renew(panel));
  const isOpen = drawn.table instanceof HTMLDetailsElement && drawn.table.open;
  if (!isOpen) {
    const table = drawn.renewTable();
    drawn.table.replaceWith(table);
    drawn.table = table;
  }
  return true;
}

export function drawView(view: View, context: ViewContext): HTMLElement {
  if (!isMeasuring) measureOnPage();
  isMeasuring = true;
  const { selected, step } = context;
  showInCharts({ ...(selected !== undefined ? { selected } : {}), ...(step !== undefined ? { step } : {}) });
  const body = h("div", {});
  if (!view.panels.length) {
    body.append(h("div", { class: "not-measured hatched" }, view.gaps.join("; ") || "not measured"));
    return body;
  }
  const panels = view.panels.slice(0, context.most ?? view.panels.length);
  body.append(h("p", { class: "visually-hidden" }, view.description));
  const charts = panels.map((panel) => new ScaledChart(view.name, panel, (shown, tools) => new PanelChart(view, shown, context, tools)));
  body.append(h("div", { class: `panels${panels.some(isWide) ? " wide" : ""}` }, ...charts.map((chart) => chart.element)));
  for (const gap of view.gaps) body.append(h("div", { class: "faint" }, `Not measured: ${gap}`));
  const renewTable = (): HTMLElement => tableBehind(view.title, charts.map((chart) => chart.shown), context.choose);
  const table = renewTable();
  body.append(table);
  drawnViews.set(body, { charts, table, isPart: context.most !== undefined, renewTable });
  return body;
}

/** Matrices and ridges of many rows have a line of their own. */
function isWide(panel: Panel): boolean {
  return panel.marks.some((mark) => mark.kind === "heatmap" && !isSquareOf(panel) && panel.x.categories.length > 12);
}

/** Only lines are drawn by uPlot; lines over points or bars belong to those. */
function isSeries(panel: Panel): boolean {
  return panel.marks.some((mark) => mark.kind === "line") && panel.marks.every((mark) => ["line", "rule", "envelope", "zone"].includes(mark.kind));
}

interface Chart {
  element: HTMLElement;
  draw(width: number): void;
  recolour(): void;
  /** Draw the panel as it is now, in the same stretch. */
  renew(panel: Panel): void;
  show(selected: string | null, hovered: string | null, step: number | null): void;
  reset(): void;
  zoom(): Zoom;
  destroy(): void;
}

/** One panel: its title with unit, its tools, its chart, its note. */
class PanelChart {
  readonly element: HTMLElement;
  private drawing: Drawing | null;
  private readonly note = h("p", "chart-note");
  private readonly holder = h("div", "chart-holder");
  private readonly whole = h("button", { type: "button", class: "tool", hidden: true }, "Show all");
  private readonly chart: Chart | null;

  constructor(
    view: View,
    private panel: Panel,
    private readonly context: ViewContext,
    more: readonly HTMLElement[] = [],
  ) {
    this.drawing = drawingOf(panel, context.rows);
    this.chart = this.drawing && this.chartOf();
    const unit = unitOf(panel);
    const files = fileTools(view.name, () => this.panel, () => this.chart?.zoom() ?? WHOLE, view.gaps);
    const tools = h("div", "tools", this.whole, ...more, ...files.buttons);
    const heading = h("h3", {}, visible(panel.title), unit && h("small", {}, unit));
    const content = this.chart ? this.holder : h("div", "not-measured hatched", "not measured");
    this.element = h("figure", { class: "panel", "aria-label": sentence(panel) }, h("figcaption", {}, heading, tools), content, this.note, files.doubt);
    this.writeNote();
    this.whole.addEventListener("click", () => this.chart?.reset());
    if (this.chart) this.settle(this.chart);
  }

  /** The panel as it is drawn. */
  get shown(): Panel {
    return this.panel;
  }

  /** Whether a panel can be drawn where this one is. */
  canRenew(panel: Panel): boolean {
    const isDrawn = panel.marks.length > 0;
    return panel.title === this.panel.title && unitOf(panel) === unitOf(this.panel) && isSeries(panel) === isSeries(this.panel) && isDrawn === (this.chart !== null);
  }

  renew(panel: Panel): void {
    this.panel = panel;
    this.drawing = drawingOf(panel, this.context.rows);
    this.element.setAttribute("aria-label", sentence(panel));
    this.writeNote();
    this.chart?.element.setAttribute("aria-label", sentence(panel));
    this.chart?.renew(panel);
  }

  private writeNote(): void {
    this.note.textContent = visible(this.panel.note);
    this.note.hidden = this.panel.note === "";
  }

  private chartOf(): Chart {
    const zoomed = (zoom: Zoom): void => {
      this.whole.hidden = zoom.x[1] - zoom.x[0] > 0.9999 && zoom.y[1] - zoom.y[0] > 0.9999;
    };
    if (isSeries(this.panel)) {
      const { detail } = this.context;
      const closer = detail && ((low: number, high: number) => detail(this.panel, low, high));
      const series = new SeriesChart(this.panel, { zoomed, chooseStep: this.context.chooseStep, closer });
      series.element.setAttribute("role", "group");
      series.element.setAttribute("aria-roledescription", "chart");
      series.element.setAttribute("aria-label", sentence(this.panel));
      return series;
    }
    return new Plot((width, zoom) => this.drawing!(width, zoom, themeShown()), { label: sentence(this.panel), choose: this.context.choose, hover: hoverInCharts, zoomed });
  }

  /** Draw at the width that the page gives, and again whenever that changes. */
  private settle(chart: Chart): void {
    this.holder.append(chart.element);
    let drawn = 0;
    const observer = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry?.contentRect.width ?? 0);
      if (width <= 0 || width === drawn) return;
      drawn = width;
      this.holder.dataset["drawn"] = "true";
      chart.draw(width);
    });
    observer.observe(this.holder);
    follow(this.holder, {
      show: (selected, hovered, step) => chart.show(selected, hovered, step),
      recolour: () => chart.recolour(),
      print: (isPrinting) => this.print(chart, isPrinting),
      leave: () => {
        observer.disconnect();
        chart.destroy();
      },
    });
  }

  /** On paper the picture stands as vectors in light colours, whole and not scrolled. */
  private print(chart: Chart, isPrinting: boolean): void {
    this.holder.querySelector(".printed")?.remove();
    chart.element.hidden = isPrinting;
    if (!isPrinting || !this.drawing) return;
    const picture = this.drawing(PRINT_WIDTH, chart.zoom(), "light");
    const headTall = picture.head?.height ?? 0;
    const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    drawing.setAttribute("viewBox", `0 0 ${picture.width} ${Math.ceil(picture.height + headTall)}`);
    drawing.setAttribute("class", "printed");
    if (picture.head) drawing.append(mount(picture.head.shapes, "light"));
    const group = document.createElementNS("http://www.w3.org/2000/svg", "g");
    group.setAttribute("transform", `translate(0 ${headTall})`);
    group.append(mount(picture.shapes, "light"));
    drawing.append(group);
    this.holder.append(drawing);
  }
}
