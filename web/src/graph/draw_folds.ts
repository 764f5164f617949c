import type { LayoutNode } from "../layout/layout";
import { SHEET_STEP, type DrawnFold } from "../model/drawn";
import { cellOf, memberNumber, memberOf, numbered, type FoldFigure } from "./fold_figure";
import { DIMMED, TEXT_SCALE, type Frame, type Paint } from "./frame";
import { figureOf } from "./scene";
import { drawHatch, roundedBox, type Rectangle } from "./shapes";
import { cssFont, inkOn, tintAt } from "./theme";

const NUMBER_ROOM = { under: 26, height: 13 };
const CHIP_HEIGHT = 17;
const CHIP_FONT = 11;
const NOTCH = { half: 7, height: 6 };
const INLINE_RADIUS = 5;

/** The sheets behind a fold, the farthest first. */
export function drawSheets(ctx: CanvasRenderingContext2D, frame: Frame, front: Rectangle, node: LayoutNode): void {
  const drawn = frame.scene.folds.get(node.id);
  if (!drawn) return;
  const { palette } = frame;
  ctx.lineWidth = 1;
  for (let sheet = drawn.sheets; sheet > 0; sheet--) {
    const at = { ...front, x: front.x + SHEET_STEP * sheet, y: front.y + SHEET_STEP * sheet };
    roundedBox(ctx, at, node.header ? 8 : 6);
    ctx.fillStyle = node.header ? tintAt(palette, node.depth) : palette.panel;
    ctx.strokeStyle = node.header ? palette.groupBorder : palette.lineStrong;
    ctx.fill();
    ctx.stroke();
  }
}

/** `×32` on a chip that begins at `x`, about the height `y`. */
export function drawChip(
  ctx: CanvasRenderingContext2D,
  frame: Frame,
  count: number,
  { x, y, growth }: { x: number; y: number; growth: number },
): void {
  const { palette } = frame;
  const [width, height] = [chipWidth(ctx, frame, count, growth), CHIP_HEIGHT * growth];
  roundedBox(ctx, { x, y: y - height / 2, width, height }, 4);
  ctx.fillStyle = palette.text2;
  ctx.fill();
  ctx.fillStyle = palette.panel;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(`×${count}`, x + width / 2, y + 0.5);
}

/** How wide a chip is; sets its font. */
export function chipWidth(ctx: CanvasRenderingContext2D, { palette }: Frame, count: number, growth: number): number {
  ctx.font = cssFont({ weight: 600, size: CHIP_FONT * growth }, palette.family);
  return ctx.measureText(`×${count}`).width + CHIP_FONT * growth;
}

/** Cells of the members with their colours, a ring around the drawn one, and the buttons that step. */
export function drawFold(ctx: CanvasRenderingContext2D, frame: Frame, node: LayoutNode): void {
  const drawn = frame.scene.folds.get(node.id);
  const figure = figureOf(frame.scene, node);
  if (!drawn || !figure) return;
  drawCells(ctx, frame, drawn, figure);
  if (figure.numbers === "under") drawNumbers(ctx, frame, drawn, figure);
  if (node.header || frame.selected === node.id) drawRing(ctx, frame, drawn, figure, node.header !== null);
  if (node.header && !drawn.inline) drawNotch(ctx, frame, drawn, figure);
  if (figure.steps && frame.camera.scale >= TEXT_SCALE) drawSteps(ctx, frame, drawn, figure.steps);
}

/** What a cell is coloured by: the first node of its member that has a value, or lacks one. */
export function memberPaint(frame: Pick<Frame, "paint">, member: readonly string[]): Paint {
  for (const id of member) {
    const paint = frame.paint(id);
    if (paint.fill !== null || paint.state === "unmeasured") return paint;
  }
  return frame.paint(member[0]!);
}

function drawCells(ctx: CanvasRenderingContext2D, frame: Frame, drawn: DrawnFold, { strip, numbers }: FoldFigure): void {
  const { palette, highlight } = frame;
  const count = drawn.fold.members.length;
  const radius = numbers === "inside" ? INLINE_RADIUS : strip.gap > 0 ? 1.5 : 0;
  const ink = ctx.globalAlpha;
  for (let cell = 0; cell < strip.cells; cell++) {
    const member = memberOf(strip, count, cell, drawn.member);
    const ids = drawn.fold.members[member]!;
    const paint = memberPaint(frame, ids);
    const box = cellOf(strip, count, member);
    const isSpokenOf = !highlight || drawn.fold.contents[member]!.some((id) => highlight.reached.has(id));
    ctx.globalAlpha = isSpokenOf ? ink : ink * DIMMED;
    roundedBox(ctx, box, radius);
    ctx.fillStyle = paint.fill ?? palette.panel;
    ctx.fill();
    if (paint.state === "unmeasured") drawHatch(ctx, box, palette.control);
    if (paint.fill === null && strip.gap > 0) {
      ctx.strokeStyle = paint.state === "unmeasured" ? palette.control : palette.lineStrong;
      ctx.lineWidth = 1;
      ctx.setLineDash(paint.state === "unmeasured" ? [3, 2] : []);
      roundedBox(ctx, box, radius, -0.5);
      ctx.stroke();
      ctx.setLineDash([]);
    }
    if (numbers === "inside" && frame.camera.scale >= TEXT_SCALE) {
      ctx.font = cssFont({ size: 11, weight: member === drawn.member ? 600 : 400 }, palette.family);
      ctx.textAlign = "center";
      ctx.textBaseline = "middle";
      ctx.fillStyle = paint.fill ? inkOn(paint.fill) : palette.text;
      ctx.fillText(memberNumber(drawn, member), box.x + box.width / 2, box.y + box.height / 2 + 0.5);
    }
  }
  ctx.globalAlpha = ink;
}

function drawNumbers(ctx: CanvasRenderingContext2D, frame: Frame, drawn: DrawnFold, { strip }: FoldFigure): void {
  if (frame.camera.scale < TEXT_SCALE) return;
  const count = drawn.fold.members.length;
  ctx.font = cssFont({ size: 10, weight: 400 }, frame.palette.family);
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillStyle = frame.palette.text3;
  for (const member of numbered(strip, count, NUMBER_ROOM.under)) {
    const cell = cellOf(strip, count, member);
    ctx.fillText(memberNumber(drawn, member), cell.x + cell.width / 2, strip.y + strip.height + NUMBER_ROOM.height / 2 + 1);
  }
}

function drawRing(ctx: CanvasRenderingContext2D, frame: Frame, drawn: DrawnFold, { strip, numbers }: FoldFigure, open: boolean): void {
  const { palette } = frame;
  const cell = cellOf(strip, drawn.fold.members.length, drawn.member);
  const radius = numbers === "inside" ? INLINE_RADIUS : 2;
  if (open) {
    ctx.lineWidth = 1.5;
    ctx.strokeStyle = palette.canvas;
    roundedBox(ctx, cell, radius, 0.5);
    ctx.stroke();
  }
  ctx.lineWidth = open ? 2 : 1.5;
  ctx.strokeStyle = open ? palette.accent : palette.text2;
  roundedBox(ctx, cell, radius + 1, open ? 2 : 1);
  ctx.stroke();
}

/** A line along the head of the drawn member, with a point up to its cell. */
function drawNotch(ctx: CanvasRenderingContext2D, frame: Frame, drawn: DrawnFold, { strip, front }: FoldFigure): void {
  const { palette, scene } = frame;
  const boxes = drawn.fold.members[drawn.member]!.map((id) => scene.nodes.get(id)).filter((node) => node !== undefined);
  const member = boxes.length === 1 && boxes[0]!.header ? boxes[0]! : null;
  const cell = cellOf(strip, drawn.fold.members.length, drawn.member);
  const line = member
    ? { left: member.x + 8, right: member.x + member.width - 8, y: member.y }
    : { left: front.x + 8, right: front.x + front.width - 8, y: strip.y + strip.height + NUMBER_ROOM.height + 4 };
  const x = Math.min(line.right - NOTCH.half, Math.max(line.left + NOTCH.half, cell.x + cell.width / 2));
  ctx.strokeStyle = ctx.fillStyle = palette.accent;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  if (member) {
    ctx.moveTo(line.left, line.y);
    ctx.lineTo(line.right, line.y);
    ctx.stroke();
  }
  ctx.beginPath();
  ctx.moveTo(x - NOTCH.half, line.y);
  ctx.lineTo(x, line.y - NOTCH.height);
  ctx.lineTo(x + NOTCH.half, line.y);
  ctx.fill();
}

function drawSteps(ctx: CanvasRenderingContext2D, frame: Frame, drawn: DrawnFold, steps: [Rectangle, Rectangle]): void {
  const { palette } = frame;
  const [previous, next] = steps;
  const both = { ...previous, width: previous.width + next.width };
  roundedBox(ctx, both, 4);
  ctx.fillStyle = palette.panel;
  ctx.strokeStyle = palette.lineStrong;
  ctx.lineWidth = 1;
  ctx.fill();
  ctx.stroke();
  ctx.beginPath();
  ctx.moveTo(next.x, next.y);
  ctx.lineTo(next.x, next.y + next.height);
  ctx.stroke();
  const last = drawn.fold.members.length - 1;
  drawAngle(ctx, previous, -1, drawn.member > 0 ? palette.text : palette.lineStrong);
  drawAngle(ctx, next, 1, drawn.member < last ? palette.text : palette.lineStrong);
}

function drawAngle(ctx: CanvasRenderingContext2D, box: Rectangle, side: 1 | -1, colour: string): void {
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.5;
  ctx.lineJoin = ctx.lineCap = "round";
  ctx.beginPath();
  ctx.moveTo(x - 2 * side, y - 4);
  ctx.lineTo(x + 2 * side, y);
  ctx.lineTo(x - 2 * side, y + 4);
  ctx.stroke();
  ctx.lineCap = "butt";
}

