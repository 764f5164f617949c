/** Distributions on a symmetric log axis: negative values left, exact zeros in the middle. */

import type { Histogram, Panel, TensorSummary } from "../generated/document";
import { h, s } from "../app/dom";
import { count, figures, percent } from "../model/format";
import { type SignedHistogram, decadesOf, figures as figuresOf, toHistogram } from "../model/summary";
import { fileTools, tableBehind } from "./files";
import { tokenOfRole } from "./roles";
import { symlogScale, type Scale } from "./scale";

const WIDTH = 232;
const ROW = 46;
const AXIS = 16;
const MOST_DECADES = 9;

export interface HistogramRow {
  label: string;
  role: "weights" | "activations" | "gradients";
  /** What the values are of, where that is not the node itself. */
  note: string;
  summary: TensorSummary | null;
  /** Why there is no summary; shown hatched in its place. */
  missing: string;
}

/** Distributions one under the other on one symmetric logarithmic axis, exact zeros in the middle. */
export function histogramRows(rows: readonly HistogramRow[], name = "values"): HTMLElement {
  const decades = sharedDecades(rows);
  const scale = symlogScale(...decades);
  const chart = h("div", "histograms");
  for (const row of rows) {
    chart.append(row.summary ? measuredRow(row, row.summary, scale, decades) : missingRow(row));
  }
  if (!rows.some((row) => row.summary)) return chart;
  const panel = panelOf(rows, name, decades);
  const { buttons, doubt } = fileTools("values", panel);
  chart.append(axis(scale), h("div", "under-chart", tableBehind(panel.title, [panel], () => undefined), h("div", "tools", ...buttons)), doubt);
  return chart;
}

/** The same histograms as a panel of a view: what files and the table are made of. */
function panelOf(rows: readonly HistogramRow[], title: string, decades: [number, number]): Panel {
  const marks = rows.flatMap(({ summary, label, role, note }): Histogram[] => {
    if (!summary) return [];
    return [{ kind: "histogram", label, role, node: null, tensor: null, note, ...toHistogram(summary, ...decades) }];
  });
  const missing = rows.flatMap(({ summary, label, missing: why }) => (summary ? [] : [`${label}: ${why}.`]));
  return {
    title,
    x: { label: "value", unit: "", scale: "symlog", categories: [] },
    y: { label: "values in the bin", unit: "", scale: "linear", categories: [] },
    marks,
    note: missing.length ? `Not measured: ${missing.join(" ")}` : "",
  };
}

function measuredRow(row: HistogramRow, summary: TensorSummary, scale: Scale, decades: [number, number]): HTMLElement {
  const histogram = toHistogram(summary, ...decades);
  const { std, zero, count: values } = figuresOf(summary);
  const label = `${row.label}: ${count(values)} values, standard deviation ${spread(std)}, ${percent(zero / values)} % exact zeros.`;
  const drawing = s("svg", { viewBox: `0 0 ${WIDTH} ${ROW}`, class: "histogram chart", role: "img", "aria-label": label });
  for (const tick of scale.ticks) drawing.append(gridline(scale.place(tick.value) * WIDTH));
  drawing.append(...histogramBars(histogram, scale, WIDTH, ROW - 1, tokenOfRole(row.role)));
  drawing.append(s("line", { x1: 0, x2: WIDTH, y1: ROW - 0.5, y2: ROW - 0.5, class: "baseline" }));
  return h("div", { class: "quantity", "data-quantity": row.role }, drawing, facts(row, summary));
}

/** Bars of a signed histogram in a box; the tallest bin fills the height. */
export function histogramBars(histogram: SignedHistogram, scale: Scale, width: number, height: number, fill: string): SVGElement[] {
  const tallest = Math.max(histogram.zero, ...histogram.counts, 1);
  const bars: SVGElement[] = [];
  histogram.counts.forEach((amount, i) => {
    const [low, high] = [histogram.edges[i] ?? 0, histogram.edges[i + 1] ?? 0];
    if (amount <= 0 || low * high <= 0) return;
    bars.push(bar(scale.place(low) * width, scale.place(high) * width, amount / tallest, height, fill, `${figures(low)} to ${figures(high)}: ${count(amount)}`));
  });
  if (histogram.zero > 0) bars.push(bar(width / 2 - 3, width / 2 + 3, histogram.zero / tallest, height, fill, `exactly zero: ${count(histogram.zero)}`));
  return bars;
}

function bar(left: number, right: number, share: number, height: number, fill: string, title: string): SVGElement {
  const tall = Math.max(0.75, share * (height - 3));
  return s("rect", { x: round(left + 0.4), y: round(height - tall), width: round(Math.max(0.6, right - left - 0.8)), height: round(tall), fill }, s("title", {}, title));
}

function facts(row: HistogramRow, summary: TensorSummary): HTMLElement {
  const { std, zero, count: values, nonfinite } = figuresOf(summary);
  return h(
    "div",
    "figures",
    title(row),
    h("div", {}, `σ ${spread(std)}`),
    h("div", {}, `zero ${percent(zero / values)} %`),
    row.note && h("div", {}, row.note),
    nonfinite > 0 && h("div", "glyph error", `✕ ${count(nonfinite)} not finite`),
  );
}

function missingRow(row: HistogramRow): HTMLElement {
  const reason = h("div", "not-measured hatched", row.missing);
  return h("div", { class: "quantity", "data-quantity": row.role }, reason, h("div", "figures", title(row), h("div", {}, "not measured")));
}

function axis(scale: Scale): HTMLElement {
  const drawing = s("svg", { viewBox: `0 0 ${WIDTH} ${AXIS}`, class: "histogram-axis chart", "aria-hidden": "true" });
  for (const tick of scale.ticks) {
    const x = scale.place(tick.value) * WIDTH;
    const anchor = x < 14 ? "start" : x > WIDTH - 14 ? "end" : "middle";
    drawing.append(s("text", { x: round(x), y: 12, "text-anchor": anchor }, tick.label));
  }
  return h("div", "quantity", drawing);
}

function gridline(x: number): SVGElement {
  return s("line", { x1: round(x), x2: round(x), y1: 0, y2: ROW - 1, class: "tick-line" });
}

function sharedDecades(rows: readonly HistogramRow[]): [number, number] {
  const found = rows.flatMap((row) => (row.summary ? [decadesOf(row.summary)] : [])).filter((decades) => decades !== null);
  if (found.length === 0) return [-3, 0];
  const last = Math.max(...found.map(([, high]) => high));
  const first = Math.min(...found.map(([low]) => low));
  return [Math.max(first, last - MOST_DECADES), last];
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function title(row: HistogramRow): HTMLElement {
  const heading = h("b", {}, row.label);
  heading.style.color = tokenOfRole(row.role);
  return heading;
}

function spread(std: number | null): string {
  return std === null ? "–" : figures(std);
}
