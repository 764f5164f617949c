/** Bars and bands by category, one row a node, so that long names stay legible. */

import type { Band, Bars, Panel } from "../generated/document";
import { h, s } from "../app/dom";
import { figures, inUnit, si, toNumber } from "../model/format";
import { tokenOfRole } from "./roles";
import { linearScale, logScale, type Scale } from "./scale";

const WIDTH = 400;
const ROW = 18;
const AXIS = 18;

/** A row for each category, in order, with its bar or its band of quantiles; click chooses the node. */
export function rowChart(panel: Panel, choose: (node: string) => void, most = Infinity): HTMLElement {
  const marks = panel.marks.filter((mark): mark is Bars | Band => mark.kind === "bars" || mark.kind === "band");
  const measured = panel.x.scale === "category" ? panel.y : panel.x;
  const categories = panel.x.scale === "category" ? panel.x.categories : panel.y.categories;
  const values = marks.flatMap(numbersOf);
  const scale = measured.scale === "log" ? logScale(values) : linearScale(values);
  const list = h("div", { class: "rowchart", role: "list" });
  for (const at of largest(categories.length, marks[0], most)) {
    list.append(row(categories[at] ?? "", at, marks, scale, measured.unit, choose));
  }
  return h("div", "rowchart-frame", axis(scale, measured.unit), list);
}

/** The rows with the longest bars, longest first; all of them in their own order where they fit. */
function largest(length: number, mark: Bars | Band | undefined, most: number): number[] {
  const rows = Array.from({ length }, (_, i) => i);
  if (length <= most || mark?.kind !== "bars") return rows.slice(0, most);
  const height = (at: number): number => toNumber(mark.heights[at]) ?? -Infinity;
  return rows.sort((a, b) => height(b) - height(a)).slice(0, most);
}

function row(category: string, at: number, marks: (Bars | Band)[], scale: Scale, unit: string, choose: (node: string) => void): HTMLElement {
  const node = marks.map((mark) => mark.nodes[at]).find(Boolean);
  const drawing = s("svg", { viewBox: `0 0 ${WIDTH} ${ROW}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  for (const tick of scale.ticks) {
    const x = scale.place(tick.value) * WIDTH;
    drawing.append(s("line", { x1: x, x2: x, y1: 0, y2: ROW, class: "tick-line" }));
  }
  const texts = marks.map((mark) => drawMark(mark, at, scale, drawing, unit));
  const isMeasured = texts.some((text) => text !== null);
  const label = h("span", { class: "row-label", title: category }, category);
  const value = h("span", "row-value", isMeasured ? texts.filter((text) => text !== null).join(" ") : "–");
  const content = [label, isMeasured ? drawing : h("span", "row-missing hatched", whyMissing(marks, at)), value];
  if (!node) return h("div", { class: "row", role: "listitem" }, ...content);
  const button = h("button", { class: "row", type: "button", "data-node": node, click: () => choose(node) }, ...content);
  return h("div", { role: "listitem" }, button);
}

function whyMissing(marks: (Bars | Band)[], at: number): string {
  const said = marks.map((mark) => (mark.kind === "bars" ? mark.missing[at] : undefined)).find(Boolean);
  return said ?? "not measured";
}

/** Draws one mark of a row and returns its number as text; null where not measured. */
function drawMark(mark: Bars | Band, at: number, scale: Scale, drawing: SVGElement, unit: string): string | null {
  const fill = tokenOfRole(mark.role);
  if (mark.kind === "bars") {
    const height = toNumber(mark.heights[at]);
    if (height === null) return null;
    const from = scale.kind === "log" ? 0 : scale.place(0) * WIDTH;
    drawing.append(rectangle(from, scale.place(height) * WIDTH, 5, 8, fill, "bar"));
    const [low, high] = [toNumber(mark.low[at]), toNumber(mark.high[at])];
    if (low !== null && high !== null) drawing.append(rectangle(scale.place(low) * WIDTH, scale.place(high) * WIDTH, 8.5, 1, "var(--text)", "interval"));
    return inUnit(height, unit);
  }
  const [low, middle, high] = [toNumber(mark.low[at]), toNumber(mark.middle[at]), toNumber(mark.high[at])];
  if (middle === null) return null;
  if (low !== null && high !== null) drawing.append(rectangle(scale.place(low) * WIDTH, scale.place(high) * WIDTH, 5, 8, fill, "band"));
  const x = scale.place(middle) * WIDTH;
  drawing.append(rectangle(x - 1, x + 1, 3, 12, fill, "middle"));
  return figures(middle, 2);
}

function rectangle(from: number, to: number, y: number, height: number, fill: string, kind: string): SVGElement {
  const [left, right] = from < to ? [from, to] : [to, from];
  return s("rect", { x: left, y, width: Math.max(1, right - left), height, fill, class: kind });
}

function axis(scale: Scale, unit: string): HTMLElement {
  const labels = h("div", "row-axis");
  for (const tick of scale.ticks) {
    const share = scale.place(tick.value);
    const label = h("span", {}, tickText(tick, scale, unit));
    label.style.left = `${share * 100}%`;
    labels.append(label);
  }
  labels.style.height = `${AXIS}px`;
  return h("div", "row row-head", h("span", "row-label"), labels, h("span", "row-value"));
}

function tickText(tick: Scale["ticks"][number], scale: Scale, unit: string): string {
  if (unit) return inUnit(tick.value, unit);
  return scale.kind === "linear" && tick.value >= 1e4 ? si(tick.value) : tick.label;
}

function numbersOf(mark: Bars | Band): number[] {
  const lists = mark.kind === "bars" ? [mark.heights, mark.low, mark.high] : [mark.low, mark.middle, mark.high];
  return lists.flat().map(toNumber).filter((value) => value !== null);
}
