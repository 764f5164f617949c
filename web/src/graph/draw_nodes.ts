import type { LayoutNode } from "../layout/layout";
import { elideMiddle, NAME_FONT, TYPE_FONT, type Font } from "../layout/label";
import { BOX_PADDING, CHEVRON_ROOM, parametersText, STRIP_HEIGHT, TITLE_GAP } from "../layout/size";
import { drawChip, drawSheets } from "./draw_folds";
import { CLEAR_TEXT_SCALE, fade, frontNow, headerMiddle, headerSpan, TEXT_SCALE, textGrowth, type Frame, type Paint } from "./frame";
import { drawChevron, drawFailure, drawHatch, pointedBox, roundedBox } from "./shapes";
import { cssFont, inkOn, mixColours, tintAt } from "./theme";

const CHEVRON_INSET = 5;
const HEADER_CLEARANCE = 12;
const CHIP_GAP = 8;
/** A group that is narrower on the screen has no words in its head. */
const LEAST_HEAD = 48;

/** The ground of an open group, with the sheets behind it if it is a fold. */
export function drawGroup(ctx: CanvasRenderingContext2D, frame: Frame, node: LayoutNode): void {
  const { palette, hovered } = frame;
  const front = frontNow(frame, node);
  drawSheets(ctx, frame, front, node);
  roundedBox(ctx, front, 8);
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
  if (!node.header) return;
  const growth = textGrowth(camera.scale, NAME_FONT.size);
  if (growth > 1.05) return drawFarHeader(ctx, frame, node, growth);
  const { title, detail, left, right } = node.header;
  const fold = frame.scene.folds.get(node.id);
  const y = headerMiddle(node);
  const halo = tintAt(palette, node.depth);
  const span = headerSpan(frame, node);
  drawChevron(ctx, span.left + BOX_PADDING + CHEVRON_INSET, y, true, palette.text2);
  let x = span.left + BOX_PADDING + CHEVRON_ROOM;
  x += write(ctx, frame, title, { x, y, font: NAME_FONT, colour: palette.text, halo });
  if (detail) x += TITLE_GAP + write(ctx, frame, detail, { x: x + TITLE_GAP, y, font: TYPE_FONT, colour: palette.text3, halo });
  if (fold) drawChip(ctx, frame, fold.fold.members.length, x + CHIP_GAP, y);
  const count = frame.parameterCount(node.id);
  const hasRoom = left + right + HEADER_CLEARANCE <= span.right - span.left;
  if (count === 0 || !hasRoom || fold?.inline || isStepped(frame, node)) return;
  const text = `${parametersText(count)}${fold ? " each" : ""}`;
  write(ctx, frame, text, { x: span.right - BOX_PADDING, y, font: TYPE_FONT, colour: palette.text3, halo, right: true });
}

/** From far away, the name alone, in letters that can be read. */
function drawFarHeader(ctx: CanvasRenderingContext2D, frame: Frame, node: LayoutNode, growth: number): void {
  const { palette, camera } = frame;
  const span = headerSpan(frame, node);
  const room = span.right - span.left - 2 * BOX_PADDING;
  if (room * camera.scale < LEAST_HEAD) return;
  const font = { ...NAME_FONT, size: NAME_FONT.size * growth };
  const title = elideMiddle(node.header!.title, room, font, (text) => widthOf(ctx, frame, text, font));
  const y = node.y + Math.min(font.size * 0.75, node.height / 2);
  write(ctx, frame, title, { x: span.left + BOX_PADDING, y, font, colour: palette.text2, halo: tintAt(palette, node.depth) });
}

/** Whether the buttons that step through a fold stand in the head of this member. */
function isStepped(frame: Frame, node: LayoutNode): boolean {
  for (const { fold, member, inline } of frame.scene.folds.values()) {
    if (!inline && fold.members[member]![0] === node.id && fold.members[member]!.length === 1) return frame.scene.nodes.get(fold.id)?.header != null;
  }
  return false;
}

/** A closed node: its ground, words, value, and the colours of what is inside. */
export function drawBox(ctx: CanvasRenderingContext2D, frame: Frame, whole: LayoutNode): void {
  const { palette } = frame;
  const isFold = frame.scene.folds.has(whole.id);
  const node = frontNow(frame, whole);
  if (isFold) drawSheets(ctx, frame, node, whole);
  const paint = frame.paint(node.id);
  if (node.box!.style !== "output") drawGround(ctx, frame, node, paint);
  if (node.box!.style === "folded" && hasStrip(node) && !isFold) drawStrip(ctx, frame, node, paint);
  if (frame.camera.scale > TEXT_SCALE) drawWords(ctx, frame, node, paint);
  if (node.id === frame.failed) drawFailure(ctx, node, palette.failed, tintAt(palette, node.depth - 1));
}

/** A closed node from far away: a plain box in its colour. */
export function drawFarBox(ctx: CanvasRenderingContext2D, frame: Frame, node: LayoutNode): void {
  const { palette } = frame;
  if (node.box!.style === "output") return;
  const paint = frame.paint(node.id);
  ctx.fillStyle = node.id === frame.failed ? palette.failed : (paint.fill ?? palette.lineStrong);
  ctx.fillRect(node.x, node.y, node.width, node.height);
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
  const { palette, camera } = frame;
  const { title, detail, style } = node.box!;
  const ink = paint.fill ? inkOn(paint.fill) : palette.text;
  const colour = style === "output" ? palette.text2 : ink;
  const quiet = paint.fill ? ink : palette.text3;
  const halo = paint.state === "unmeasured" ? palette.panel : null;
  const y = style === "folded" && hasStrip(node) ? node.y + STRIP_HEIGHT * 0.85 : node.y + node.height / 2;
  const centred = style !== "folded" && style !== "valued";
  const font = style === "plain" || style === "output" ? TYPE_FONT : NAME_FONT;
  const growth = textGrowth(camera.scale, font.size);
  if (growth > 1.05) return drawFarWords(ctx, frame, node, { ...font, size: font.size * growth }, { colour, halo });
  let x = node.x + BOX_PADDING;
  if (style === "folded") {
    drawChevron(ctx, x + CHEVRON_INSET, y, false, ink);
    x += CHEVRON_ROOM;
  } else if (centred) {
    const words = widthOf(ctx, frame, title, font) + (detail ? TITLE_GAP + widthOf(ctx, frame, detail, TYPE_FONT) : 0);
    x = node.x + (node.width - words) / 2;
  }
  x += write(ctx, frame, title, { x, y, font, colour, halo });
  if (detail) x += TITLE_GAP + write(ctx, frame, detail, { x: x + TITLE_GAP, y, font: TYPE_FONT, colour: quiet, halo });
  const fold = frame.scene.folds.get(node.id);
  if (fold) drawChip(ctx, frame, fold.fold.members.length, node.x + node.width - BOX_PADDING - 30, y);
  if (paint.value === undefined || centred || fold) return;
  x = node.x + node.width - BOX_PADDING;
  write(ctx, frame, paint.value, { x, y, font: TYPE_FONT, colour: ink, halo, right: true });
}

/** From far away the name alone, as large as it can be read, while the box has room for it. */
function drawFarWords(
  ctx: CanvasRenderingContext2D,
  frame: Frame,
  node: LayoutNode,
  font: Font,
  { colour, halo }: { colour: string; halo: string | null },
): void {
  const room = node.width - BOX_PADDING;
  const title = elideMiddle(node.box!.title, room, font, (text) => widthOf(ctx, frame, text, font));
  const x = node.x + (node.width - widthOf(ctx, frame, title, font)) / 2;
  const ink = ctx.globalAlpha;
  ctx.globalAlpha = ink * fade(frame.camera.scale, TEXT_SCALE, CLEAR_TEXT_SCALE);
  const y = hasStrip(node) ? node.y + Math.max(STRIP_HEIGHT * 0.85, font.size * 0.6) : node.y + node.height / 2;
  write(ctx, frame, title, { x, y, font, colour, halo });
  ctx.globalAlpha = ink;
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
    ctx.lineWidth = how.font.size / 3;
    ctx.lineJoin = "round";
    ctx.strokeText(text, how.x, how.y + 0.5);
  }
  ctx.fillStyle = how.colour;
  ctx.fillText(text, how.x, how.y + 0.5);
  return ctx.measureText(text).width;
}
