/** Paints the shapes of a picture on a canvas. */

import { isolated } from "../model/names";
import { colourOf, type Theme } from "./palette";
import type { Shape, TextShape } from "./picture";

const FONT = 'Inter, "SF Pro Text", -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", sans-serif';

/** Paint shapes between two heights; the context is scaled to pixels of the page already. */
export function paint(context: CanvasRenderingContext2D, shapes: readonly Shape[], theme: Theme, from = -Infinity, to = Infinity): void {
  for (const shape of shapes) {
    const [top, bottom] = reach(shape);
    if (bottom < from || top > to) continue;
    context.globalAlpha = shape.kind === "text" ? 1 : (shape.opacity ?? 1);
    if (shape.kind === "text") write(context, shape, theme);
    else draw(context, shape, theme);
  }
  context.globalAlpha = 1;
}

function reach(shape: Shape): [number, number] {
  if (shape.kind === "rect") return [shape.y, shape.y + shape.height];
  if (shape.kind === "path") return [shape.top, shape.bottom];
  return shape.turn ? [-Infinity, Infinity] : [shape.y - 16, shape.y + 6];
}

function draw(context: CanvasRenderingContext2D, shape: Exclude<Shape, TextShape>, theme: Theme): void {
  if (shape.kind === "rect" && !shape.radius && !shape.stroke && shape.fill !== "none") {
    context.fillStyle = colourOf(shape.fill, theme);
    context.fillRect(shape.x, shape.y, shape.width, shape.height);
    return;
  }
  const path = shape.kind === "path" ? new Path2D(shape.d) : new Path2D();
  if (shape.kind === "rect") path.roundRect(shape.x, shape.y, shape.width, shape.height, shape.radius ?? 0);
  const fill = colourOf(shape.fill ?? "none", theme);
  const stroke = colourOf(shape.stroke ?? "none", theme);
  if (fill !== "none") {
    context.fillStyle = fill;
    context.fill(path);
  }
  if (stroke === "none") return;
  context.strokeStyle = stroke;
  context.lineWidth = shape.kind === "path" ? (shape.width ?? 1) : 1;
  context.lineJoin = "round";
  context.setLineDash([...(shape.dash ?? [])]);
  context.stroke(path);
  context.setLineDash([]);
}

function write(context: CanvasRenderingContext2D, shape: TextShape, theme: Theme): void {
  context.font = `${shape.bold ? 600 : 400} ${shape.size ?? 10}px ${FONT}`;
  context.textAlign = shape.anchor === "middle" ? "center" : (shape.anchor ?? "start");
  context.textBaseline = "alphabetic";
  context.save();
  context.translate(shape.x, shape.y);
  if (shape.turn) context.rotate((shape.turn * Math.PI) / 180);
  const text = isolated(shape.text);
  if (shape.halo) {
    context.strokeStyle = colourOf(shape.halo, theme);
    context.lineWidth = 3;
    context.lineJoin = "round";
    context.strokeText(text, 0, 0);
  }
  context.fillStyle = colourOf(shape.fill, theme);
  context.fillText(text, 0, 0);
  context.restore();
}
