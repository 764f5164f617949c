import type { Point } from "../layout/types";

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

const CORNER = 10;
const ARROW = { length: 6, half: 3.6 };

/**
 * Traces a line with right angles and round corners that ends inside the head of its arrow.
 *
 * Where it branches off another line (`isFork`) its corner stays sharp.
 */
export function traceRoundedLine(ctx: CanvasRenderingContext2D, points: readonly Point[], isFork: (at: Point) => boolean): void {
  const end = points.length - 1;
  const [first, last, before] = [points[0]!, points[end]!, points[end - 1] ?? points[0]!];
  ctx.moveTo(first[0], first[1]);
  for (let i = 1; i < end; i++) {
    const [from, at, to] = [points[i - 1]!, points[i]!, points[i + 1]!];
    const radius = isFork(at) ? 0 : Math.min(CORNER, distance(from, at) / 2, distance(at, to) / 2);
    ctx.arcTo(at[0], at[1], to[0], to[1], radius);
  }
  const whole = distance(before, last);
  const share = whole > 0 ? Math.max(0, whole - ARROW.length + 1) / whole : 1;
  ctx.lineTo(before[0] + (last[0] - before[0]) * share, before[1] + (last[1] - before[1]) * share);
}

/** Traces a line with sharp corners, leaving out pieces that are shorter than `least`. */
export function traceLine(ctx: CanvasRenderingContext2D, points: readonly Point[], least: number): void {
  const end = points.length - 1;
  let [x, y] = points[0]!;
  ctx.moveTo(x, y);
  for (let i = 1; i <= end; i++) {
    const [nextX, nextY] = points[i]!;
    if (i < end && Math.abs(nextX - x) + Math.abs(nextY - y) < least) continue;
    ctx.lineTo(nextX, nextY);
    [x, y] = [nextX, nextY];
  }
}

/** Traces the head of an arrow at the end of a line. */
export function traceArrowHead(ctx: CanvasRenderingContext2D, points: readonly Point[]): void {
  const [x, y] = points[points.length - 1]!;
  const [fromX, fromY] = points[points.length - 2] ?? [x, y - 1];
  const [dx, dy] = [Math.sign(Math.round(x - fromX)), Math.sign(Math.round(y - fromY))];
  ctx.moveTo(x, y);
  ctx.lineTo(x - dx * ARROW.length - dy * ARROW.half, y - dy * ARROW.length - dx * ARROW.half);
  ctx.lineTo(x - dx * ARROW.length + dy * ARROW.half, y - dy * ARROW.length + dx * ARROW.half);
  ctx.closePath();
}

function distance(a: Point, b: Point): number {
  return Math.hypot(b[0] - a[0], b[1] - a[1]);
}

/** Begins the path of a box with round corners; `grow` moves its border outward. */
export function roundedBox(ctx: CanvasRenderingContext2D, box: Rectangle, radius: number, grow = 0): void {
  ctx.beginPath();
  ctx.roundRect(box.x - grow, box.y - grow, box.width + 2 * grow, box.height + 2 * grow, radius);
}

/** Begins the path of a step of backward: a box whose left and right ends are points. */
export function pointedBox(ctx: CanvasRenderingContext2D, box: Rectangle, grow = 0): void {
  const [left, right] = [box.x - grow, box.x + box.width + grow];
  const [top, bottom] = [box.y - grow, box.y + box.height + grow];
  const [middle, point] = [box.y + box.height / 2, box.height / 2.6];
  ctx.beginPath();
  ctx.moveTo(left, middle);
  ctx.lineTo(left + point, top);
  ctx.lineTo(right - point, top);
  ctx.lineTo(right, middle);
  ctx.lineTo(right - point, bottom);
  ctx.lineTo(left + point, bottom);
  ctx.closePath();
}

export function drawChevron(ctx: CanvasRenderingContext2D, x: number, y: number, open: boolean, colour: string): void {
  const corners: Point[] = open ? [[-4, -2], [0, 2], [4, -2]] : [[-2, -4], [2, 0], [-2, 4]];
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.6;
  ctx.lineCap = "round";
  ctx.lineJoin = "round";
  ctx.beginPath();
  for (const [dx, dy] of corners) ctx.lineTo(x + dx, y + dy);
  ctx.stroke();
  ctx.lineCap = "butt";
}

/** Lines at 45 degrees: the sign for what was not measured. */
export function drawHatch(ctx: CanvasRenderingContext2D, box: Rectangle, colour: string): void {
  ctx.save();
  roundedBox(ctx, box, Math.min(6, box.height / 3));
  ctx.clip();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (let x = box.x - box.height; x < box.x + box.width; x += 6) {
    ctx.moveTo(x, box.y + box.height);
    ctx.lineTo(x + box.height, box.y);
  }
  ctx.stroke();
  ctx.restore();
}

/** The sign for an error, on the upper right corner of a box. */
export function drawFailure(ctx: CanvasRenderingContext2D, box: Rectangle, colour: string, ground: string): void {
  const [x, y] = [box.x + box.width - 2, box.y + 1];
  ctx.beginPath();
  ctx.moveTo(x, y - 8);
  ctx.lineTo(x + 8, y + 6);
  ctx.lineTo(x - 8, y + 6);
  ctx.closePath();
  ctx.lineJoin = "round";
  ctx.strokeStyle = ground;
  ctx.lineWidth = 3;
  ctx.stroke();
  ctx.fillStyle = colour;
  ctx.fill();
}
