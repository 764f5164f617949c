/** Distributions one under another, a ridge for each layer or step. */

import type { Panel, Ridges } from "../generated/document";
import { figures, toNumber } from "../model/format";
import { visible } from "../model/names";
import { acrossAxis, scaleFor, symlogOver } from "./axes";
import { type Area, type Hit, type Picture, type Shape, type Zoom, fitted, hatched, label, line, outline, oddSign, rect, textWidth } from "./picture";
import { inkOfRole } from "./roles";
import { zoomed, type Scale } from "./scale";

const ROW = 19;
const CROWDED_ROW = 15;
const CROWDED = 50;
/** Height of the fullest bin, in rows: a ridge reaches over the row above. */
const TALL = 1.7;
const HEAD = 20;
const FIGURES = 104;
const ODD = 92;

/** Each row's distribution on a symmetric log axis, with its spread and its share of zeros at the right. */
export function ridgesPicture(panel: Panel, mark: Ridges, width: number, zoom: Zoom): Picture {
  const names = panel.y.categories;
  const pitch = names.length > CROWDED ? CROWDED_ROW : ROW;
  const right = FIGURES + (mark.odd.some(Boolean) ? ODD : 0);
  const left = Math.min(width * 0.3, 12 + Math.max(40, ...names.map((name) => textWidth(name, 11))));
  const top = pitch * (TALL - 1) + 4;
  const plot: Area = { x: left, y: 0, width: Math.max(60, width - left - right), height: top + names.length * pitch };
  const edges = mark.edges.map(Number);
  const scale = zoomed(scaleOf(panel, edges, mark), zoom.x);
  const shapes: Shape[] = gridlines(scale, plot);
  const hits: Hit[] = [];
  names.forEach((name, row) => {
    const base = top + (row + 1) * pitch - 3;
    const shares = (mark.shares[row] ?? []).map(Number);
    shapes.push(line(plot.x, base, plot.x + plot.width, base, "line"));
    if (shares.length) shapes.push(...ridge(mark, row, edges, shares, scale, plot, base, pitch * TALL));
    else shapes.push(...unmeasured(mark.missing[row] || "not measured", plot, base, pitch));
    shapes.push(label(left - 8, base - 1, fitted(name, left - 10, pitch < ROW ? 10 : 11), { size: pitch < ROW ? 10 : 11, anchor: "end" }));
    shapes.push(...rowFigures(mark, row, plot.x + plot.width, base - 1));
    hits.push({ x: 0, y: base + 3 - pitch, width, height: pitch, node: mark.nodes[row] || null, tip: `${visible(name)}: ${ridgeText(mark, row)}` });
  });
  const head = acrossAxis(scale, { ...plot, y: HEAD, height: 0 }, panel.x.unit, "above", false);
  head.push(label(plot.x + plot.width + 48, HEAD - 6, "σ", { anchor: "end", fill: "text-3" }), label(plot.x + plot.width + 98, HEAD - 6, "zero, %", { anchor: "end", fill: "text-3" }));
  return { width, height: plot.height + 4, shapes, hits, plot, zooms: "x", head: { height: HEAD, shapes: head } };
}

/** Spread, share of zeros and what is not finite of one row, in words. */
export function ridgeText(mark: Ridges, row: number): string {
  if (!mark.shares[row]?.length) return mark.missing[row] || "not measured";
  const [spread, zero] = [mark.spread[row], toNumber(mark.zero[row])];
  const parts = [`standard deviation ${numberText(spread)}`];
  if (zero !== null) parts.push(`${figures(100 * zero)} % exact zeros`);
  if (mark.odd[row]) parts.push(`not finite: ${mark.odd[row]}`);
  return parts.join(", ");
}

function numberText(value: unknown): string {
  const number = toNumber(value);
  return number !== null ? figures(number) : typeof value === "string" ? figures(Number(value)) : "–";
}

/** Without a negative value anywhere, only the positive side is drawn. */
function scaleOf(panel: Panel, edges: readonly number[], mark: Ridges): Scale {
  if (panel.x.scale !== "symlog") return scaleFor(panel.x, edges);
  const half = (edges.length - 1) / 2;
  const isSigned = mark.shares.some((shares) => shares.slice(0, Math.floor(half)).some((share) => Number(share) > 0));
  return symlogOver(edges, !isSigned);
}

function gridlines(scale: Scale, plot: Area): Shape[] {
  return scale.ticks
    .map((tick) => plot.x + scale.place(tick.value) * plot.width)
    .filter((x) => x >= plot.x - 0.5 && x <= plot.x + plot.width + 0.5)
    .map((x) => line(x, 0, x, plot.height, "line"));
}

function ridge(mark: Ridges, row: number, edges: readonly number[], shares: readonly number[], scale: Scale, plot: Area, base: number, tall: number): Shape[] {
  const ink = inkOfRole(mark.role);
  const most = Math.max(...shares, 0);
  const clip = (share: number): number => plot.x + Math.max(0, Math.min(1, share)) * plot.width;
  const isFilled = mark.filled === "all" || row === mark.shares.length - 1;
  const shapes: Shape[] = [];
  const stretches = scale.kind === "symlog" ? ([-1, 1] as const).map((side) => sidePoints(edges, shares, side)) : [wholePoints(edges, shares)];
  for (const stretch of stretches) {
    const points = stretch.map(([value, share]): [number, number] => [clip(scale.place(value)), base - (most ? (share / most) * (tall - 2) : 0)]);
    if (points.length < 3 || points.every(([, y]) => y === base)) continue;
    shapes.push(
      outline([...points, points[0]!], { fill: "panel", opacity: 0.8 }),
      outline([...points, points[0]!], isFilled ? { fill: ink, opacity: 0.5 } : { fill: "none" }),
      outline(points, { stroke: ink, width: 1 }),
    );
  }
  const zero = toNumber(mark.zero[row]) ?? 0;
  const [x, share] = [scale.place(0), zero * (tall - 2)];
  if (zero > 0 && x >= 0 && x <= 1) shapes.push(rect(clip(x) - 1.5, base - Math.max(1, share), 3, Math.max(1, share), "text"));
  return shapes;
}

/** Value and share along an axis without a gap about zero: an end, the middle of each bin, an end. */
function wholePoints(edges: readonly number[], shares: readonly number[]): [number, number][] {
  const middles = shares.map((share, i): [number, number] => {
    const [low, high] = [edges[i]!, edges[i + 1]!];
    return [low > 0 ? Math.sqrt(low * high) : (low + high) / 2, share];
  });
  return [[edges[0]!, 0], ...middles, [edges.at(-1)!, 0]];
}

/** Value and share along one side of zero: an end, the middle of each bin in the logarithm, an end. */
function sidePoints(edges: readonly number[], shares: readonly number[], side: -1 | 1): [number, number][] {
  const bins = shares.map((share, i) => ({ share, low: edges[i]!, high: edges[i + 1]! })).filter(({ low, high }) => low * high > 0 && Math.sign(low) === side);
  if (!bins.length) return [];
  const middles = bins.map(({ share, low, high }): [number, number] => [side * Math.sqrt(low * high), share]);
  return [[bins[0]!.low, 0], ...middles, [bins.at(-1)!.high, 0]];
}

function unmeasured(why: string, plot: Area, base: number, pitch: number): Shape[] {
  const text = fitted(why, plot.width - 16);
  const y = base - pitch + 5;
  return [...hatched(plot.x, y, plot.width, pitch - 6), rect(plot.x + 4, y + 1, textWidth(text) + 8, pitch - 8, "panel"), label(plot.x + 8, y + pitch - 9, text)];
}

function rowFigures(mark: Ridges, row: number, x: number, y: number): Shape[] {
  if (!mark.shares[row]?.length) return [];
  const zero = toNumber(mark.zero[row]);
  const shapes: Shape[] = [
    label(x + 48, y, numberText(mark.spread[row]), { anchor: "end", fill: "text" }),
    label(x + 98, y, zero === null ? "–" : figures(100 * zero), { anchor: "end", fill: zero ? "text" : "text-3" }),
  ];
  if (!mark.odd[row]) return shapes;
  return [...shapes, oddSign("NaN", x + 112, y - 3.5, 3), label(x + 119, y, fitted(mark.odd[row]!, ODD - 20), { fill: "severity-high" })];
}
