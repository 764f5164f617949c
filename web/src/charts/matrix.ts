/** Values by row and column; a confusion matrix leaves its diagonal uncoloured, so that errors stand out. */

import type { Heatmap, Panel, Rule } from "../generated/document";
import { inkOn } from "../graph/theme";
import { figures, toNumber } from "../model/format";
import { visible } from "../model/names";
import { colourOf, type Theme } from "./palette";
import { type Hit, type Picture, type Shape, type Zoom, fitted, hatched, label, line, oddSign, rect, textWidth } from "./picture";

const LEGEND = 26;
const MOST_TALL = 720;
const LARGEST_CELL = 30;
const STRIP = 24;
/** So many decades of each sign have colours of their own. */
const SIGNED_DECADES = 3;
const MOST_STRIPS = 3;
/** Height that a matrix over steps has for its rows, where they fit. */
const STEPS_TALL = 240;
/** Pixels of a turned name. */
const LONGEST_HEAD = 110;
/** Text in a cell needs so many pixels of width. */
const TEXT_CELL = 17;

/** A coloured cell for each row and column, and the scale of the colours beneath. */
export function matrixPicture(panel: Panel, mark: Heatmap, width: number, zoom: Zoom, theme: Theme): Picture {
  const [rows, columns] = [windowOf(panel.y.categories.length, zoom.y), windowOf(panel.x.categories.length, zoom.x)];
  const names = rows.map((r) => panel.y.categories[r] ?? "");
  const heads = columns.map((c) => panel.x.categories[c] ?? "");
  const isSquare = isSquareOf(panel);
  const isStrip = panel.y.categories.length <= MOST_STRIPS && !isSquare;
  const isNamed = !isStrip || panel.y.categories.length > 1;
  const left = isNamed ? 10 + Math.min(130, width * 0.3, Math.max(0, ...names.map((name) => textWidth(name)))) : 0;
  const isOverSteps = mark.steps.length > 0;
  const wide = Math.min(isStrip || isOverSteps ? 60 : LARGEST_CELL, (width - left - 8) / Math.max(1, columns.length));
  const most = isOverSteps ? Math.max(5, Math.min(14, STEPS_TALL / Math.max(1, rows.length))) : LARGEST_CELL;
  const tall = isStrip ? STRIP : isOverSteps ? most : Math.min(wide, MOST_TALL / Math.max(1, rows.length), most);
  const cell = { width: isStrip || isOverSteps ? wide : Math.min(wide, Math.max(tall, 3)), height: tall };
  const headRoom = isStrip ? 16 : 17 + (isOverSteps ? 14 : headHeight(heads, cell.width));
  const plot = { x: left, y: headRoom, width: cell.width * columns.length, height: cell.height * rows.length };
  const paint = colouring(mark, isSquare);
  const shapes: Shape[] = isStrip ? groupNames(heads, cell.width, left, headRoom) : isOverSteps ? stepNames(heads, cell.width, plot.x, plot.y) : columnNames(heads, cell.width, plot.x, plot.y);
  const hits: Hit[] = [];
  if (isNamed) shapes.push(...rowNames(names, cell.height, plot));
  if (!isStrip) shapes.push(label(left, 10, `${panel.x.label || "column"} →`, { fill: "text-3" }));
  const gap = cell.width > 9 ? 1.5 : cell.width > 5 ? 0.75 : 0;
  rows.forEach((r, i) =>
    columns.forEach((c, j) => {
      const [x, y] = [plot.x + j * cell.width, plot.y + i * cell.height];
      const raw = mark.values[r]?.[c] ?? null;
      const tip = `${said(panel.y, r)}, ${said(panel.x, c)}: ${cellText(mark, r, c)}`;
      shapes.push(...drawCell(raw, x, y, cell.width - gap, cell.height - gap, paint, isSquare && r === c, theme, mark.unit === "%" && !isOverSteps));
      hits.push({ x, y, width: cell.width, height: cell.height, tip, node: mark.nodes[c] || mark.row_nodes[r] || null });
    }),
  );
  const bottom = plot.y + plot.height;
  for (const rule of panel.marks.filter((one): one is Rule => one.kind === "rule" && one.axis === "x")) {
    const x = plot.x + (Number(rule.value) + 0.5 - (columns[0] ?? 0)) * cell.width - gap / 2;
    if (x >= plot.x - 1 && x <= plot.x + plot.width + 1) shapes.push(line(x, plot.y - 3, x, bottom + 3, "text", { width: 1.5 }));
  }
  shapes.push(...legend(mark, paint, plot.x, bottom + 12, isSquare));
  const zooms = columns.length > 1 || zoom.x[1] - zoom.x[0] < 1 ? "xy" : "none";
  const picture: Picture = { width, height: bottom + LEGEND, shapes, hits, plot, zooms };
  if (mark.steps.length) picture.xAt = (step) => columnOf(mark, columns, step, plot.x, cell.width);
  return picture;
}

/** Middle of the column that holds a step; null where none does. */
function columnOf(mark: Heatmap, columns: readonly number[], step: number, left: number, cell: number): number | null {
  const at = columns.findIndex((c) => (mark.steps[c] ?? -1) >= step);
  return at < 0 ? null : left + (at + 0.5) * cell;
}

/** Whether rows and columns are the same classes: then the diagonal is what is right. */
export function isSquareOf(panel: Panel): boolean {
  const [rows, columns] = [panel.y.categories, panel.x.categories];
  return rows.length > 1 && rows.every((name, i) => name === columns[i]) && columns.length - rows.length <= 1;
}

/** What a cell holds, in words: its number with its unit, and what the chart says of it. */
export function cellText(mark: Heatmap, row: number, column: number): string {
  const raw = mark.values[row]?.[column] ?? null;
  const own = mark.text[row]?.[column];
  if (raw === null) return own || "not measured";
  const number = toNumber(raw);
  const text = number === null ? String(raw) : `${figures(number)}${mark.unit ? ` ${mark.unit}` : ""}`;
  return mark.text.length ? `${text}, ${own || 0} examples` : text;
}

function said(axis: Panel["x"], at: number): string {
  return `${axis.label ? `${axis.label} ` : ""}${visible(axis.categories[at] ?? String(at))}`;
}

function windowOf(length: number, [from, to]: readonly [number, number]): number[] {
  const first = Math.max(0, Math.floor(from * length + 1e-6));
  const last = Math.min(length, Math.max(first + 1, Math.ceil(to * length - 1e-6)));
  return Array.from({ length: last - first }, (_, i) => first + i);
}

interface Colouring {
  map: "map" | "two";
  low: number;
  high: number;
  share: (value: number) => number;
}

/** Colours run over all cells, in a confusion matrix over the errors. */
function colouring(mark: Heatmap, isSquare: boolean): Colouring {
  let [low, high] = [Infinity, -Infinity];
  mark.values.forEach((row, r) =>
    row.forEach((raw, c) => {
      const value = toNumber(raw);
      if (value === null || (isSquare && r === c) || (mark.scale === "log" && value <= 0)) return;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }),
  );
  if (low > high) [low, high] = mark.scale === "log" ? [0.1, 1] : [0, 1];
  if (mark.scale === "symlog") {
    const most = Math.max(Math.abs(low), Math.abs(high)) || 1;
    const along = (value: number): number => Math.max(0, 1 + Math.log10(Math.abs(value) / most) / SIGNED_DECADES);
    return { map: "two", low: -most, high: most, share: (value) => (value === 0 ? 0.5 : 0.5 + (Math.sign(value) * along(value)) / 2) };
  }
  if (mark.scale === "log") {
    if (low === high) [low, high] = [low / 3, high * 3];
    return { map: "map", low, high, share: (value) => Math.log(value / low) / Math.log(high / low) };
  }
  if (mark.unit === "%" || low > 0) low = Math.min(0, low);
  if (high <= low) high = low + 1;
  return { map: "map", low, high, share: (value) => (value - low) / (high - low) };
}

function drawCell(raw: unknown, x: number, y: number, width: number, height: number, paint: Colouring, isRight: boolean, theme: Theme, isShare: boolean): Shape[] {
  const radius = width > 9 ? 2 : 0;
  if (raw === null || raw === undefined) return width < 5 ? [rect(x, y, width, height, "line")] : hatched(x, y, width, height);
  const value = toNumber(raw);
  const [cx, cy] = [x + width / 2, y + height / 2];
  if (value === null) return [rect(x, y, width, height, "panel", { stroke: "severity-high", radius }), oddSign(raw as "NaN", cx, cy, Math.min(3.5, width / 3))];
  const hasRoom = width >= TEXT_CELL && height >= 12;
  const isQuiet = isRight || (value === 0 && paint.map === "map") || (paint.low > 0 && value <= 0);
  const quiet = isRight && !hasRoom && value > 0 ? "line-strong" : "sunk"; // a diagonal without its numbers is still seen
  const fill = isQuiet ? quiet : `${paint.map}:${Math.round(1000 * Math.max(0, Math.min(1, paint.share(value)))) / 1000}`;
  const box = rect(x, y, width, height, fill, { radius });
  const hasText = isShare && hasRoom && (isRight || value >= 0.5);
  if (!hasText) return [box];
  const ink = isRight ? "text-2" : inkOn(colourOf(fill, theme)) === "#fff" ? "white" : "black";
  return [box, label(cx, cy + 3.5, value.toFixed(0), { anchor: "middle", fill: ink, bold: !isRight, size: Math.min(10, width * 0.42) })];
}

function headHeight(heads: readonly string[], cell: number): number {
  if (longestOf(heads) <= cell - 3) return 14;
  return 10 + Math.min(LONGEST_HEAD, longestOf(heads.filter((_, j) => j % denseness(cell) === 0))) * 0.72;
}

function longestOf(names: readonly string[]): number {
  return Math.max(0, ...names.map((name) => textWidth(name)));
}

/** Every how many turned names one has room. */
function denseness(cell: number): number {
  return Math.max(1, Math.ceil(13 / cell));
}

/** Names over the columns: level where they fit, else turned; every so many where they are dense. */
function columnNames(heads: readonly string[], cell: number, left: number, top: number): Shape[] {
  const isLevel = longestOf(heads) <= cell - 3;
  const every = isLevel ? 1 : denseness(cell);
  return heads.flatMap((name, j) => {
    if (j % every) return [];
    const x = left + (j + 0.5) * cell;
    if (isLevel) return [label(x, top - 5, visible(name), { anchor: "middle" })];
    return [label(x + 2, top - 5, fitted(name, LONGEST_HEAD), { turn: -45 })];
  });
}

/** Steps over the columns, level, as many as have room. */
function stepNames(heads: readonly string[], cell: number, left: number, top: number): Shape[] {
  const every = Math.max(1, Math.ceil((longestOf(heads) + 12) / cell));
  return heads.flatMap((name, j) => (j % every ? [] : [label(left + (j + 0.5) * cell, top - 5, visible(name), { anchor: "middle", fill: "text-3" })]));
}

/** Over a strip of layers: where a group begins, the groups of most layers first to have a name. */
function groupNames(heads: readonly string[], cell: number, left: number, top: number): Shape[] {
  const groups: { name: string; first: number; size: number }[] = [];
  heads.forEach((head, j) => {
    const name = head.split(/[./]/)[0] || head;
    const last = groups.at(-1);
    if (last?.name === name) last.size++;
    else groups.push({ name, first: j, size: 1 });
  });
  const taken: [number, number][] = [];
  return groups
    .sort((a, b) => b.size - a.size || a.first - b.first)
    .flatMap(({ name, first }) => {
      const text = fitted(name, 90);
      const [from, to] = [left + first * cell, left + first * cell + textWidth(text) + 8];
      if (taken.some(([start, end]) => from < end && start < to)) return [];
      taken.push([from, to]);
      return [label(from, top - 5, text)];
    });
}

function rowNames(names: readonly string[], tall: number, plot: Picture["plot"]): Shape[] {
  const every = Math.max(1, Math.ceil(11 / tall));
  return names.flatMap((name, i) => (i % every ? [] : [label(plot.x - 6, plot.y + (i + 0.5) * tall + 3.5, fitted(name, plot.x - 8), { anchor: "end" })]));
}

function legend(mark: Heatmap, paint: Colouring, x: number, y: number, isSquare: boolean): Shape[] {
  const steps = 24;
  const ramp = Array.from({ length: steps }, (_, i) => rect(x + i * 4, y, 4.3, 7, `${paint.map}:${i / (steps - 1)}`));
  const unit = mark.unit ? ` ${mark.unit}` : "";
  const log = { linear: "", log: ", log", symlog: ", symmetric log" }[mark.scale];
  const words = `${figures(paint.low, 2)} to ${figures(paint.high, 2)}${unit} ${visible(mark.label)}${isSquare ? ", errors only" : ""}${log}`;
  return [...ramp, label(x + steps * 4 + 8, y + 7, words, { fill: "text-2" })];
}
