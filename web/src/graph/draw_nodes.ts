import type { LayoutNode } from "../layout/layout";
import { NAME_FONT, TYPE_FONT, type Font } from "../layout/label";
import { BOX_PADDING, CHEVRON_ROOM, HEADER_HEIGHT, parametersText, STRIP_HEIGHT, TITLE_GAP } from "../layout/size";
import { headerSpan, TEXT_SCALE, type Frame, type Paint } from "./frame";
import { drawChevron, drawFailure, drawHatch, pointedBox, roundedBox } from "./shapes";
import { cssFont, inkOn, mixColours, tintAt } from "./theme";

const CHEVRON_INSET = 5;
const HEADER_CLEARANCE = 12;
const MARK_FONT: Font = { weight: 600, size: 11 };
const MARK_SIZE = 15;

/** The ground of an open group. */
export function drawGroup(ctx: CanvasRenderingContext2D, { palette, hovered }: Frame, node: LayoutNode): void {
  roundedBox(ctx, node, 8);
  ctx.fillStyle = tintAt(palette, node.depth);
  ctx.fill();
  ctx.lineWidth = 1;
  ctx.strokeStyle = node.id === hovered ? palette.accent : palette.groupBorder;
  ctx.stroke();
}

/** The words of an open group, with a halo, since lines run beneath them. */
export function drawGroupHeader(ctx: CanvasRenderingContext2D, frame: Frame, node: LayoutNode): void {
  const { palette, camera } = frame;
  if (node.id === frame.failed) drawFailure(ctx, node, palette.failed, tintAt(palette, node.depth - 1));
  if (camera.scale < TEXT_SCALE || !node.header) return;
  const { title, detail, left, right } = node.header;
  const y = node.y + HEADER_HEIGHT / 2;
  const halo = tintAt(palette, node.depth);
  const span = headerSpan(frame, node);
  drawChevron(ctx, span.left + BOX_PADDING + CHEVRON_INSET, y, true, palette.text2);
  let x = span.left + BOX_PADDING + CHEVRON_ROOM;
  x += write(ctx, frame, title, { x, y, font: NAME_FONT, colour: palette.text, halo });
  if (detail) write(ctx, frame, detail, { x: x + TITLE_GAP, y, font: TYPE_FONT, colour: palette.text3, halo });
  const count = frame.parameterCount(node.id);
  if (count === 0 || left + right + HEADER_CLEARANCE > span.right - span.left) return;
  x = span.right - BOX_PADDING;
  write(ctx, frame, parametersText(count), { x, y, font: TYPE_FONT, colour: palette.text3, halo, right: true });
}

/** A closed node: its ground, words, value, and the colours of what is inside. */
export function drawBox(ctx: CanvasRenderingContext2D, frame: Frame, node: LayoutNode): void {
  const { palette } = frame;
  const paint = frame.paint(node.id);
  if (node.box!.style !== "output") drawGround(ctx, frame, node, paint);
  if (node.box!.style === "folded" && hasStrip(node)) drawStrip(ctx, frame, node, paint);
  if (frame.camera.scale >= TEXT_SCALE) drawWords(ctx, frame, node, paint);
  if (node.id === frame.failed) drawFailure(ctx, node, palette.failed, tintAt(palette, node.depth - 1));
}

/** A sign on a round ground over the upper right corner, where it covers no words. */
export function drawMark(ctx: CanvasRenderingContext2D, frame: Frame, node: LayoutNode): void {
  const { mark } = frame.paint(node.id);
  if (!mark || frame.camera.scale < TEXT_SCALE) return;
  ctx.font = cssFont(MARK_FONT, frame.palette.family);
  const width = Math.max(MARK_SIZE, ctx.measureText(mark.sign).width + 8);
  const [x, y] = [node.x + node.width - width / 2 + 7, node.y - 3];
  roundedBox(ctx, { x: x - width / 2, y: y - MARK_SIZE / 2, width, height: MARK_SIZE }, MARK_SIZE / 2);
  ctx.fillStyle = mark.colour;
  ctx.fill();
  ctx.strokeStyle = tintAt(frame.palette, node.depth - 1);
  ctx.lineWidth = 1.5;
  ctx.stroke();
  ctx.fillStyle = inkOn(mark.colour);
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(mark.sign, x, y + 0.5);
}

function hasStrip(node: LayoutNode): boolean {
  return node.height > STRIP_HEIGHT * 2;
}

function drawGround(ctx: CanvasRenderingContext2D, frame: Frame, node: LayoutNode, paint: Paint): void {
  const { palette } = frame;
  const { style } = node.box!;
  const outline = (): void => (style === "step" ? pointedBox(ctx, node) : roundedBox(ctx, node, style === "gradient" ? node.height / 2 : 6));
  outline();
  ctx.fillStyle = paint.fill ?? palette.panel;
  ctx.fill();
  ctx.strokeStyle = paint.fill ? mixColours(paint.fill, palette.text2, 0.82) : palette.lineStrong;
  ctx.lineWidth = 1;
  if (style === "step" || style === "gradient") {
    ctx.strokeStyle = palette.gradient;
    ctx.lineWidth = 1.4;
  }
  if (paint.state === "unmeasured") {
    drawHatch(ctx, node, palette.line);
    ctx.setLineDash([4, 3]);
    ctx.strokeStyle = palette.control;
  }
  if (node.id === frame.hovered) ctx.strokeStyle = palette.accent;
  if (node.id === frame.failed) {
    ctx.strokeStyle = palette.failed;
    ctx.lineWidth = 2;
  }
  outline();
  ctx.stroke();
  ctx.setLineDash([]);
}

function drawWords(ctx: CanvasRenderingContext2D, frame: Frame, node: LayoutNode, paint: Paint): void {
  const { palette } = frame;
  const { title, detail, style } = node.box!;
  const ink = paint.fill ? inkOn(paint.fill) : palette.text;
  const colour = style === "output" ? palette.text2 : ink;
  const quiet = paint.fill ? ink : palette.text3;
  const halo = paint.state === "unmeasured" ? palette.panel : null;
  const y = style === "folded" && hasStrip(node) ? node.y + STRIP_HEIGHT * 0.85 : node.y + node.height / 2;
  const centred = style !== "folded" && style !== "valued";
  const font = style === "plain" || style === "output" ? TYPE_FONT : NAME_FONT;
  let x = node.x + BOX_PADDING;
  if (style === "folded") {
    drawChevron(ctx, x + CHEVRON_INSET, y, false, ink);
    x += CHEVRON_ROOM;
  } else if (centred) {
    const words = widthOf(ctx, frame, title, font) + (detail ? TITLE_GAP + widthOf(ctx, frame, detail, TYPE_FONT) : 0);
    x = node.x + (node.width - words) / 2;
  }
  x += write(ctx, frame, title, { x, y, font, colour, halo });
  if (detail) write(ctx, frame, detail, { x: x + TITLE_GAP, y, font: TYPE_FONT, colour: quiet, halo });
  if (paint.value === undefined || centred) return;
  x = node.x + node.width - BOX_PADDING;
  write(ctx, frame, paint.value, { x, y, font: TYPE_FONT, colour: ink, halo, right: true });
}

/** The colours of the layers inside a closed group, in a row under its name. */
function drawStrip(ctx: CanvasRenderingContext2D, frame: Frame, node: LayoutNode, paint: Paint): void {
  const { palette } = frame;
  const members = frame.members(node.id);
  if (members.length === 0) return;
  const left = node.x + BOX_PADDING + CHEVRON_ROOM;
  const step = (node.width - 2 * BOX_PADDING - CHEVRON_ROOM) / members.length;
  const row = { x: left, y: node.y + node.height - 14, width: step * members.length, height: 8 };
  const gap = step > 4 ? 1 : 0;
  roundedBox(ctx, { ...row, width: row.width - gap }, 2, 1);
  ctx.fillStyle = mixColours(palette.panel, paint.fill ?? palette.lineStrong, 0.7);
  ctx.fill();
  members.forEach((id, i) => {
    const member = frame.paint(id);
    const cell = { ...row, x: left + i * step, width: step - gap };
    ctx.fillStyle = member.fill ?? palette.panel;
    ctx.fillRect(cell.x, cell.y, cell.width, cell.height);
    if (member.state === "unmeasured") drawHatch(ctx, cell, palette.control);
  });
}

function widthOf(ctx: CanvasRenderingContext2D, frame: Frame, text: string, font: Font): number {
  ctx.font = cssFont(font, frame.palette.family);
  return ctx.measureText(text).width;
}

/** How a text is written: about the height `y`, from `x` on or, with `right`, up to `x`. */
interface Writing {
  x: number;
  y: number;
  font: Font;
  colour: string;
  halo: string | null;
  right?: boolean;
}

/** Writes one line of text, and says how wide it is. */
function write(ctx: CanvasRenderingContext2D, frame: Frame, text: string, how: Writing): number {
  ctx.font = cssFont(how.font, frame.palette.family);
  ctx.textBaseline = "middle";
  ctx.textAlign = how.right ? "right" : "left";
  if (how.halo) {
    ctx.strokeStyle = how.halo;
    ctx.lineWidth = 4;
    ctx.lineJoin = "round";
    ctx.strokeText(text, how.x, how.y + 0.5);
  }
  ctx.fillStyle = how.colour;
  ctx.fillText(text, how.x, how.y + 0.5);
  return ctx.measureText(text).width;
}
