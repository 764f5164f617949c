/** Points at two numbers each, with lanes for those that have one of them only. */

import type { Line, Panel, Scatter } from "../generated/document";
import { count, toNumber } from "../model/format";
import { visible } from "../model/names";
import { acrossAxis, downAxis, roomForTicks, scaleFor, valueText } from "./axes";
import { type Anchor, type Area, type Hit, type Picture, type Shape, type Zoom, fitted, hatched, label, line, oddSign, outline, symbol, textWidth } from "./picture";
import { inkOfRole, symbolOfRole } from "./roles";
import { zoomed, type Scale } from "./scale";

const RADIUS = 4;
const LANE = 22;
const ROOM = 0.05;

interface Placed {
  mark: Scatter;
  index: number;
  x: number;
  y: number;
}

/** All scatter marks of a panel, their guides, a legend of classes, and the names of the extremes. */
export function pointsPicture(panel: Panel, width: number, zoom: Zoom, height = 320): Picture {
  const marks = panel.marks.filter((mark): mark is Scatter => mark.kind === "scatter");
  const beside = besides(panel, marks);
  const values = (key: "x" | "y"): number[] => marks.flatMap((mark) => mark[key].map(toNumber)).filter((value) => value !== null);
  const [x, y] = [zoomed(roomy(scaleFor(panel.x, values("x"))), zoom.x), zoomed(roomy(scaleFor(panel.y, values("y"))), [1 - zoom.y[1], 1 - zoom.y[0]])];
  const lanes = { left: beside.some(({ lane }) => lane === "left") ? LANE : 0, bottom: beside.some(({ lane }) => lane === "bottom") ? LANE : 0, top: beside.some(({ lane }) => lane === "top") ? LANE : 0 };
  const legend = marks.length > 1 ? legendOf(marks, width) : { shapes: [], height: 0 };
  const left = roomForTicks(y, panel.y.unit) + 14;
  const footers = footerOf(beside, width - left);
  const plot: Area = { x: left + lanes.left, y: legend.height + lanes.top + 8, width: Math.max(60, width - left - lanes.left - 12), height: height - lanes.bottom - lanes.top - 8 };
  const floor = plot.y + plot.height;
  const shapes: Shape[] = [...legend.shapes];
  if (lanes.left) shapes.push(...hatched(left, plot.y, LANE - 5, plot.height));
  if (lanes.bottom) shapes.push(...hatched(plot.x, floor + 5, plot.width, LANE - 5));
  const base: Area = { ...plot, height: plot.height + lanes.bottom };
  shapes.push(...downAxis(y, { ...plot, x: left }, panel.y.unit).map((shape) => shape), ...acrossAxis(x, base, panel.x.unit));
  shapes.push(label(left - roomForTicks(y, panel.y.unit) - 2, plot.y + plot.height / 2, axisTitle(panel.y), { turn: -90, anchor: "middle", fill: "text-3" }));
  shapes.push(label(plot.x + plot.width / 2, floor + lanes.bottom + 28, axisTitle(panel.x), { anchor: "middle", fill: "text-3" }));
  shapes.push(...guides(panel, x, y, plot));
  const points = placed(marks, x, y, plot);
  const hits: Hit[] = points.map((point) => hitOf(panel, point.mark, point.index, point.x, point.y));
  shapes.push(...points.map(({ mark, ...at }) => symbol(symbolOfRole(mark.role), at.x, at.y, RADIUS, inkOfRole(mark.role))));
  for (const one of beside) {
    const spot = spotOf(one, x, y, plot, left);
    if (!spot) continue;
    shapes.push(one.sign ? oddSign(one.sign, ...spot) : symbol(symbolOfRole(one.mark.role), ...spot, RADIUS, inkOfRole(one.mark.role), true));
    hits.push(hitOf(panel, one.mark, one.index, ...spot));
  }
  shapes.push(...namesOf(points, plot));
  footers.forEach((text, i) => shapes.push(label(left, floor + lanes.bottom + 46 + i * 14, text, { fill: "text-2" })));
  return { width, height: floor + lanes.bottom + 36 + footers.length * 14, shapes, hits, plot, zooms: "xy" };
}

/** A little room around the outermost points. */
function roomy(scale: Scale): Scale {
  return scale.kind === "symlog" ? scale : zoomed(scale, [-ROOM, 1 + ROOM]);
}

function axisTitle(axis: Panel["x"]): string {
  const scale = axis.scale === "log" ? "log" : "";
  return [axis.label, axis.unit, scale].filter(Boolean).map(visible).join(", ");
}

function placed(marks: readonly Scatter[], x: Scale, y: Scale, plot: Area): Placed[] {
  return marks.flatMap((mark) =>
    mark.x.flatMap((rawX, index) => {
      const [left, up] = [placeOf(rawX, x), placeOf(mark.y[index], y)];
      if (left === null || up === null || left < 0 || left > 1 || up < 0 || up > 1) return [];
      return [{ mark, index, x: plot.x + left * plot.width, y: plot.y + (1 - up) * plot.height }];
    }),
  );
}

function placeOf(raw: unknown, scale: Scale): number | null {
  const value = toNumber(raw);
  return value === null || (scale.kind === "log" && value <= 0) ? null : scale.place(value);
}

type Sign = "NaN" | "Infinity" | "-Infinity";

interface Beside {
  mark: Scatter;
  index: number;
  lane: "left" | "bottom" | "top";
  sign: Sign | null;
  why: string;
}

/** Points without a place on one of the axes: in which lane, and why. */
function besides(panel: Panel, marks: readonly Scatter[]): Beside[] {
  return marks.flatMap((mark) =>
    mark.x.flatMap((rawX, index): Beside[] => {
      const [ofX, ofY] = [whyNot(rawX, panel.x, mark, index), whyNot(mark.y[index], panel.y, mark, index)];
      if (ofY?.sign) return [{ mark, index, lane: "top", ...ofY }];
      if (ofX) return [{ mark, index, lane: "left", ...ofX }];
      return ofY ? [{ mark, index, lane: "bottom", ...ofY }] : [];
    }),
  );
}

function whyNot(raw: unknown, axis: Panel["x"], mark: Scatter, index: number): { sign: Sign | null; why: string } | null {
  if (raw === "NaN" || raw === "Infinity" || raw === "-Infinity") return { sign: raw, why: `${axis.label} ${raw === "NaN" ? "NaN" : raw === "Infinity" ? "Inf" : "−Inf"}` };
  if (raw === null || raw === undefined) return { sign: null, why: mark.missing[index] || `${axis.label} not measured` };
  return axis.scale === "log" && Number(raw) <= 0 ? { sign: null, why: `${axis.label} 0` } : null;
}

function spotOf({ mark, index, lane }: Beside, x: Scale, y: Scale, plot: Area, left: number): [number, number] | null {
  const [across, up] = [placeOf(mark.x[index], x), placeOf(mark.y[index], y)];
  if (lane === "left") {
    const inside = up === null ? 1 : up;
    return inside < 0 || inside > 1 ? null : [left + (LANE - 5) / 2, up === null ? plot.y + plot.height : plot.y + (1 - inside) * plot.height];
  }
  if (across !== null && (across < 0 || across > 1)) return null;
  const at = across === null ? plot.x : plot.x + across * plot.width;
  return [at, lane === "top" ? plot.y - LANE / 2 : plot.y + plot.height + 5 + (LANE - 5) / 2];
}

function footerOf(beside: readonly Beside[], width: number): string[] {
  const counts = new Map<string, number>();
  for (const { why } of beside) counts.set(why, (counts.get(why) ?? 0) + 1);
  if (!counts.size) return [];
  const parts = [...counts].map(([why, n]) => `${visible(why)} ×${count(n)}`);
  return [fitted(`Beside the axes: ${parts.join("; ")}`, width)];
}

function hitOf(panel: Panel, mark: Scatter, index: number, x: number, y: number): Hit {
  const text = (raw: unknown, axis: Panel["x"]): string => {
    const value = toNumber(raw);
    return value !== null ? valueText(value, axis) : raw === null || raw === undefined ? mark.missing[index] || "not measured" : String(raw);
  };
  const name = mark.names[index] ?? mark.label;
  const tip = `${visible(name)} (${mark.label}): ${panel.y.label} ${text(mark.y[index], panel.y)}, ${panel.x.label} ${text(mark.x[index], panel.x)}`;
  return { x: x - RADIUS, y: y - RADIUS, width: 2 * RADIUS, height: 2 * RADIUS, tip, node: mark.nodes[index] || null, near: true };
}

/** Dashed lines to hold the points against, with their labels along them. */
function guides(panel: Panel, x: Scale, y: Scale, plot: Area): Shape[] {
  const lines = panel.marks.filter((mark): mark is Line => mark.kind === "line");
  return lines.flatMap((mark) => {
    const points = mark.x.flatMap((rawX, i): [number, number][] => {
      const [left, up] = [placeOf(rawX, x), placeOf(mark.y[i], y)];
      return left === null || up === null ? [] : [[plot.x + left * plot.width, plot.y + (1 - up) * plot.height]];
    });
    const clipped = points.length === 2 ? clipTo(points[0]!, points[1]!, plot) : null;
    if (!clipped) return [];
    const [[x1, y1], [x2, y2]] = clipped;
    const turn = (Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI;
    const at = 0.12;
    return [
      outline(clipped, { stroke: "text-3", dash: [4, 3], width: 1 }),
      label(x1 + (x2 - x1) * at - 4 * Math.sin((-turn * Math.PI) / 180), y1 + (y2 - y1) * at - 5, visible(mark.label), { turn, fill: "text-3", halo: "panel" }),
    ];
  });
}

/** The part of a line within a box. */
function clipTo([x1, y1]: [number, number], [x2, y2]: [number, number], box: Area): [[number, number], [number, number]] | null {
  let [from, to] = [0, 1];
  for (const [start, delta, low, high] of [
    [x1, x2 - x1, box.x, box.x + box.width],
    [y1, y2 - y1, box.y, box.y + box.height],
  ] as const) {
    if (delta === 0 && (start < low || start > high)) return null;
    if (delta === 0) continue;
    const [a, b] = [(low - start) / delta, (high - start) / delta];
    from = Math.max(from, Math.min(a, b));
    to = Math.min(to, Math.max(a, b));
  }
  if (from >= to) return null;
  const at = (share: number): [number, number] => [x1 + (x2 - x1) * share, y1 + (y2 - y1) * share];
  return [at(from), at(to)];
}

function legendOf(marks: readonly Scatter[], width: number): { shapes: Shape[]; height: number } {
  const shapes: Shape[] = [];
  let [x, y] = [6, 10];
  for (const mark of marks) {
    const text = fitted(mark.label, 140, 11);
    const wide = 14 + textWidth(text, 11) + 14;
    if (x + wide > width && x > 6) [x, y] = [6, y + 18];
    shapes.push(symbol(symbolOfRole(mark.role), x, y, RADIUS, inkOfRole(mark.role)), label(x + 9, y + 4, text, { size: 11 }));
    x += wide;
  }
  return { shapes, height: y + 12 };
}

const SPOTS: readonly (readonly [number, number, Anchor])[] = [
  [8, 3.5, "start"], [-8, 3.5, "end"], [0, -9, "middle"], [0, 17, "middle"],
  [12, -12, "start"], [-12, -12, "end"], [12, 20, "start"], [-12, 20, "end"],
  [18, -26, "start"], [-18, -26, "end"], [18, 34, "start"], [-18, 34, "end"], [-24, -40, "end"], [-24, 48, "end"],
];

/** Names beside the points that ask for them, each where it covers least. */
function namesOf(points: readonly Placed[], plot: Area): Shape[] {
  const taken: Area[] = [];
  const shapes: Shape[] = [];
  for (const point of points.filter(({ mark, index }) => mark.labelled.includes(index))) {
    const text = fitted(point.mark.names[point.index] ?? "", 170);
    const wide = textWidth(text);
    const choices = SPOTS.map(([dx, dy, anchor], order) => {
      const x = point.x + dx - (anchor === "end" ? wide : anchor === "middle" ? wide / 2 : 0);
      const box: Area = { x, y: point.y + dy - 9, width: wide, height: 12 };
      const outside = box.x < plot.x || box.x + wide > plot.x + plot.width + 8 || box.y < plot.y - 6 || box.y + 12 > plot.y + plot.height;
      const covered = points.filter((other) => other !== point && meets(box, { x: other.x - 4, y: other.y - 4, width: 8, height: 8 })).length;
      const crossed = taken.filter((other) => meets(box, other)).length;
      return { dx, dy, anchor, box, cost: (outside ? 500 : 0) + crossed * 100 + covered * 10 + order };
    });
    const best = choices.reduce((a, b) => (b.cost < a.cost ? b : a));
    taken.push(best.box);
    if (Math.hypot(best.dx, best.dy) > 20) shapes.push(line(point.x, point.y, point.x + best.dx, point.y + best.dy - 3, "control"));
    shapes.push(label(point.x + best.dx, point.y + best.dy, text, { anchor: best.anchor, fill: "text", halo: "panel" }));
  }
  return shapes;
}

function meets(a: Area, b: Area): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
