/** Bars and bands by category, one row a node, so that long names stay legible. */

import type { Band, Bars, Panel } from "../generated/document";
import { figures, inUnit, toNumber } from "../model/format";
import { visible } from "../model/names";
import { acrossAxis, scaleFor, valueText } from "./axes";
import { type Area, type Hit, type Picture, type Shape, type Zoom, fitted, hatched, label, line, oddSign, rect, textWidth } from "./picture";
import { inkOfRole } from "./roles";
import { zoomed, type Scale } from "./scale";

const ROW = 18;
const HEAD = 20;
const VALUES = 64;
/** Two numbers a row need more room. */
const MORE_VALUES = 104;

type RowMark = Bars | Band;

/** A row for each category, in order, with its bars or its band of quantiles. */
export function rowsPicture(panel: Panel, width: number, zoom: Zoom, most = Infinity): Picture {
  const marks = panel.marks.filter((mark): mark is RowMark => mark.kind === "bars" || mark.kind === "band");
  const isTurned = panel.x.scale === "category";
  const [measured, names] = isTurned ? [panel.y, panel.x.categories] : [panel.x, panel.y.categories];
  const shown = largest(names.length, marks[0], most);
  const left = Math.min(width * 0.34, 12 + Math.max(60, ...shown.map((at) => textWidth(names[at] ?? "", 11))));
  const room = marks.length > 1 ? MORE_VALUES : VALUES;
  const plot: Area = { x: left, y: 0, width: Math.max(40, width - left - room), height: shown.length * ROW };
  const rules = panel.marks.filter((mark) => mark.kind === "rule");
  const scale = zoomed(scaleFor(measured, [...marks.flatMap(numbersOf), ...rules.map(({ value }) => Number(value))], true), zoom.x);
  const bars = marks.filter((mark) => mark.kind === "bars").length;
  const shapes: Shape[] = scale.ticks
    .map((tick) => plot.x + scale.place(tick.value) * plot.width)
    .filter((x) => x >= plot.x && x <= plot.x + plot.width)
    .map((x) => line(x, 0, x, plot.height, "line"));
  const hits: Hit[] = [];
  shown.forEach((at, i) => {
    const y = i * ROW;
    const cell: Area = { x: plot.x, y, width: plot.width, height: ROW };
    shapes.push(label(left - 8, y + 12.5, fitted(names[at] ?? "", left - 10, 11), { size: 11, anchor: "end" }));
    const texts = marks.map((mark, m) => drawMark(mark, at, scale, cell, measured.unit, bars > 1 ? [m, bars] : [0, 1], shapes));
    const written = texts.filter((text) => text !== null);
    if (!written.length) shapes.push(...missing(cell, whyMissing(marks, at)));
    shapes.push(label(plot.x + plot.width + 8, y + 12.5, written.length ? fitted(written.join(" "), room - 8, 11) : "–", { size: 11, fill: "text" }));
    const node = marks.map((mark) => mark.nodes[at]).find(Boolean) ?? null;
    const said = marks.map((mark) => tipOf(mark, at, measured)).join("; ");
    hits.push({ x: 0, y, width, height: ROW, node, tip: `${visible(names[at] ?? "")}: ${said}` });
  });
  for (const { value, label: name } of rules) {
    const x = plot.x + scale.place(Number(value)) * plot.width;
    if (x < plot.x || x > plot.x + plot.width) continue;
    shapes.push(line(x, 0, x, plot.height, "text-3", { dash: [3, 3] }), label(x + 4, plot.height - 5, fitted(name, 160), { fill: "text-3", halo: "panel" }));
  }
  const top: Area = { ...plot, y: HEAD, height: 0 };
  return { width, height: plot.height, shapes, hits, plot, zooms: "x", head: { height: HEAD, shapes: acrossAxis(scale, top, measured.unit, "above", false) } };
}

/** The rows with the longest bars, longest first; all of them in their own order where they fit. */
function largest(length: number, mark: RowMark | undefined, most: number): number[] {
  const rows = Array.from({ length }, (_, i) => i);
  if (length <= most || mark?.kind !== "bars") return rows.slice(0, most);
  const height = (at: number): number => toNumber(mark.heights[at]) ?? -Infinity;
  return rows.sort((a, b) => height(b) - height(a)).slice(0, most);
}

function missing(cell: Area, why: string): Shape[] {
  const text = fitted(why, cell.width - 16);
  const inner = rect(cell.x + 4, cell.y + 3, textWidth(text) + 8, 12, "panel");
  return [...hatched(cell.x, cell.y + 2.5, cell.width, 13), inner, label(cell.x + 8, cell.y + 12.5, text)];
}

function whyMissing(marks: RowMark[], at: number): string {
  const said = marks.map((mark) => (mark.kind === "bars" ? mark.missing[at] : undefined)).find(Boolean);
  return said ?? "not measured";
}

/** Draws one mark of a row and returns its number as text; null where not measured. */
function drawMark(mark: RowMark, at: number, scale: Scale, cell: Area, unit: string, [which, of]: [number, number], shapes: Shape[]): string | null {
  const ink = inkOfRole(mark.role);
  const place = (value: number): number => cell.x + Math.max(0, Math.min(1, scale.place(value))) * cell.width;
  const middleValue = mark.kind === "bars" ? mark.heights[at] : mark.middle[at];
  if (middleValue === null || middleValue === undefined) return null;
  const odd = oddOf(middleValue, scale);
  if (odd) {
    if (odd === "0") shapes.push(label(cell.x + 4, cell.y + 12.5, "0", { fill: "text-3" }));
    else shapes.push(oddSign(odd, cell.x + (odd === "Infinity" ? cell.width - 6 : 6), cell.y + 9));
    return odd === "Infinity" ? "Inf" : odd === "-Infinity" ? "−Inf" : odd;
  }
  const value = Number(middleValue);
  const [low, high] = [toNumber(mark.low[at]), toNumber(mark.high[at])];
  const isLog = scale.kind === "log";
  const ends = low !== null && high !== null && !(isLog && low <= 0) ? [place(low), place(high)] : null;
  if (mark.kind === "bars") {
    const tall = of > 1 ? 12 / of : 8;
    const y = cell.y + (of > 1 ? 3 + which * tall : 5);
    const from = isLog ? cell.x : place(0);
    if (value !== 0) shapes.push(rect(Math.min(from, place(value)), y, Math.max(1, Math.abs(place(value) - from)), tall - (of > 1 ? 1 : 0), ink));
    if (ends) shapes.push(...interval(ends[0]!, ends[1]!, y + tall / 2));
    return inUnit(value, unit);
  }
  if (ends) shapes.push(rect(ends[0]!, cell.y + 5, Math.max(1, ends[1]! - ends[0]!), 8, ink, { opacity: 0.38 }));
  shapes.push(rect(place(value) - 1, cell.y + 3, 2, 12, ink));
  return figures(value, 2);
}

function interval(from: number, to: number, y: number): Shape[] {
  return [line(from, y, to, y, "text"), line(from, y - 2.5, from, y + 2.5, "text"), line(to, y - 2.5, to, y + 2.5, "text")];
}

/** What a value is that has no place on the axis; null for an ordinary one. */
function oddOf(value: number | string, scale: Scale): "NaN" | "Infinity" | "-Infinity" | "0" | null {
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return value;
  return scale.kind === "log" && Number(value) <= 0 ? "0" : null;
}

function tipOf(mark: RowMark, at: number, axis: Panel["x"]): string {
  const text = (value: unknown): string => {
    const number = toNumber(value);
    return number === null ? String(value ?? "not measured") : valueText(number, axis);
  };
  if (mark.kind === "bars") {
    if (mark.heights[at] === null) return `${mark.label} ${mark.missing[at] || "not measured"}`;
    const hasInterval = toNumber(mark.low[at]) !== null && toNumber(mark.high[at]) !== null;
    return `${mark.label} ${text(mark.heights[at])}${hasInterval ? `, ${text(mark.low[at])} to ${text(mark.high[at])}` : ""}`;
  }
  if (mark.middle[at] === null) return "not measured";
  return `${text(mark.low[at])} to ${text(mark.high[at])}, middle ${text(mark.middle[at])}`;
}

function numbersOf(mark: RowMark): number[] {
  const lists = mark.kind === "bars" ? [mark.heights, mark.low, mark.high] : [mark.low, mark.middle, mark.high];
  return lists.flat().map(toNumber).filter((value) => value !== null);
}
