import type { Point } from "../layout/types";
import type { Rectangle } from "../graph/shapes";
import type { Segment } from "./drawing";

const CORNER = 10;
const ARROW = { length: 6, half: 3.6 };
const HATCH_STEP = 6;
/** How far control points lie along the tangents of a quarter circle. */
const QUARTER = 0.5523;

/** A line with right angles and round corners that ends inside the head of its arrow; forks stay sharp. */
export function roundedLine(points: Point[], isFork: (at: Point) => boolean): Segment[] {
  const end = points.length - 1;
  const segments: Segment[] = [["M", ...points[0]!]];
  for (let i = 1; i < end; i++) {
    const [from, at, to] = [points[i - 1]!, points[i]!, points[i + 1]!];
    const radius = isFork(at) ? 0 : Math.min(CORNER, distance(from, at) / 2, distance(at, to) / 2);
    const [start, stop] = [towards(at, from, radius), towards(at, to, radius)];
    segments.push(["L", ...start]);
    if (radius === 0) continue;
    segments.push(["C", ...towards(start, at, radius * QUARTER), ...towards(stop, at, radius * QUARTER), ...stop]);
  }
  const [last, before] = [points[end]!, points[end - 1] ?? points[0]!];
  segments.push(["L", ...towards(last, before, Math.min(ARROW.length - 1, distance(before, last)))]);
  return segments;
}

/** The head of an arrow at the end of a line. */
export function arrowHead(points: Point[]): Segment[] {
  const [x, y] = points[points.length - 1]!;
  const [fromX, fromY] = points[points.length - 2] ?? [x, y - 1];
  const [dx, dy] = [Math.sign(Math.round(x - fromX)), Math.sign(Math.round(y - fromY))];
  const { length, half } = ARROW;
  return [
    ["M", x, y],
    ["L", x - dx * length - dy * half, y - dy * length - dx * half],
    ["L", x - dx * length + dy * half, y - dy * length + dx * half],
    ["Z"],
  ];
}

export function disc([x, y]: Point, radius: number): Segment[] {
  const k = radius * QUARTER;
  return [
    ["M", x + radius, y],
    ["C", x + radius, y + k, x + k, y + radius, x, y + radius],
    ["C", x - k, y + radius, x - radius, y + k, x - radius, y],
    ["C", x - radius, y - k, x - k, y - radius, x, y - radius],
    ["C", x + k, y - radius, x + radius, y - k, x + radius, y],
    ["Z"],
  ];
}

export function chevron(x: number, y: number, open: boolean): Segment[] {
  const corners: Point[] = open ? [[-4, -2], [0, 2], [4, -2]] : [[-2, -4], [2, 0], [-2, 4]];
  return corners.map(([dx, dy], i) => [i === 0 ? "M" : "L", x + dx, y + dy]);
}

/** A box whose left and right ends are points: a step of backward. */
export function pointedBox({ x, y, width, height }: Rectangle): Segment[] {
  const point = height / 2.6;
  return [
    ["M", x, y + height / 2],
    ["L", x + point, y],
    ["L", x + width - point, y],
    ["L", x + width, y + height / 2],
    ["L", x + width - point, y + height],
    ["L", x + point, y + height],
    ["Z"],
  ];
}

/** The sign for an error, on the upper right corner of a box. */
export function failure(box: Rectangle): Segment[] {
  const [x, y] = [box.x + box.width - 2, box.y + 1];
  return [["M", x, y - 8], ["L", x + 8, y + 6], ["L", x - 8, y + 6], ["Z"]];
}

/** Lines at 45 degrees within a box with round corners: the sign for what was not measured. */
export function hatch(box: Rectangle, radius: number): Segment[] {
  const segments: Segment[] = [];
  const { x, y, width, height } = box;
  for (let offset = HATCH_STEP / 2 - height; offset < width; offset += HATCH_STEP) {
    const at = (share: number): Point => [x + offset + share * height, y + height - share * height];
    const [low, high] = [Math.max(0, -offset / height), Math.min(1, (width - offset) / height)];
    const from = firstInside(at, low, (low + high) / 2, box, radius);
    const to = firstInside(at, high, (low + high) / 2, box, radius);
    if (from !== null && to !== null) segments.push(["M", ...at(from)], ["L", ...at(to)]);
  }
  return segments;
}

/** Where a line comes into a round box, on its way from an end to its middle; null if it never does. */
function firstInside(at: (share: number) => Point, end: number, middle: number, box: Rectangle, radius: number): number | null {
  if (!isInside(at(middle), box, radius)) return null;
  if (isInside(at(end), box, radius)) return end;
  let [outside, inside] = [end, middle];
  for (let i = 0; i < 12; i++) {
    const between = (outside + inside) / 2;
    if (isInside(at(between), box, radius)) inside = between;
    else outside = between;
  }
  return inside;
}

function isInside([px, py]: Point, { x, y, width, height }: Rectangle, radius: number): boolean {
  const dx = Math.max(x + radius - px, px - (x + width - radius), 0);
  const dy = Math.max(y + radius - py, py - (y + height - radius), 0);
  return Math.hypot(dx, dy) <= radius + 1e-6;
}

function towards(from: Point, to: Point, length: number): Point {
  const whole = distance(from, to);
  if (whole === 0) return from;
  return [from[0] + ((to[0] - from[0]) * length) / whole, from[1] + ((to[1] - from[1]) * length) / whole];
}

function distance(a: Point, b: Point): number {
  return Math.hypot(b[0] - a[0], b[1] - a[1]);
}
