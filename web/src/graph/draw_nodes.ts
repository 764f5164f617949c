import type { LayoutNode } from "../layout/layout";
import { elideMiddle, NAME_FONT, TYPE_FONT, type Font } from "../layout/label";
import { BOX_PADDING, CHEVRON_ROOM, parametersText, STRIP_HEIGHT, TITLE_GAP } from "../layout/size";
import { isolated } from "../model/names";
import { chipWidth, drawChip, drawSheets } from "./draw_folds";
import { CLEAR_TEXT_SCALE, DIMMED, fade, frontNow, headerMiddle, headerSpan, TEXT_SCALE, textGrowth, type Frame, type Paint } from "./frame";
import { drawChevron, drawFailure, drawHatch, pointedBox, roundedBox } from "./shapes";
import { cssFont, inkOn, mixColours, tintAt } from "./theme";

const CHEVRON_INSET = 5;
const HEADER_CLEARANCE = 12;
const CHIP_GAP = 8;
/** Room in the head of a fold's member for the buttons that step. */
const STEPS_ROOM = 60;
/** A group that is narrower on the screen has no words in its head. */
export const LEAST_HEAD = 48;
const MARK_FONT: Font = { weight: 600, size: 11 };
const MARK_SIZE = 15;

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

/**
 * The words of an open group, with a halo, since lines run beneath them. When the graph is small they
 * are larger than life, so that they can be read, and those that lack room are left out.
 */
export function drawGroupHeader(ctx: CanvasRenderingContext2D, frame: Frame, node: LayoutNode): void {
  const { palette, camera } = frame;
  if (node.id === frame.failed) drawFailure(ctx, node, palette.failed, tintAt(palette, node.depth - 1));
  if (!node.header) return;
  const growth = textGrowth(camera.scale, NAME_FONT.size);
  const span = headerSpan(frame, frontNow(frame, node));
  if ((span.right - span.left) * camera.scale < LEAST_HEAD) return;
  const fold = frame.scene.folds.get(node.id);
  const count = fold || isStepped(frame, node) ? 0 : frame.parameterCount(node.id);
  const halo = tintAt(palette, node.depth);
  const [nameFont, typeFont] = [larger(NAME_FONT, growth), larger(TYPE_FONT, growth)];
  const y = growth > 1.5 ? node.y + Math.min(nameFont.size * 0.75, node.height / 2) : headerMiddle(node);
  const start = span.left + BOX_PADDING + (growth > 1.5 ? 0 : CHEVRON_ROOM);
  const chip = fold ? CHIP_GAP + chipWidth(ctx, frame, fold.fold.members.length, growth) : 0;
  const taken = fold?.inline ? node.header.right : 0;
  const words = fitWords(ctx, frame, {
    ...node.header,
    value: fold ? (frame.paint(node.id).value ?? "") : count > 0 ? parametersText(count) : "",
    room: span.right - start - BOX_PADDING - chip - taken - (isStepped(frame, node) ? STEPS_ROOM : 0),
    fonts: [nameFont, typeFont],
  });
  if (growth <= 1.5) drawChevron(ctx, span.left + BOX_PADDING + CHEVRON_INSET, y, true, palette.text2);
  let x = start + write(ctx, frame, words.title, { x: start, y, font: nameFont, colour: palette.text, halo });
  if (words.detail) {
    x += TITLE_GAP * growth;
    x += write(ctx, frame, words.detail, { x, y, font: typeFont, colour: palette.text3, halo });
  }
  if (fold) drawChip(ctx, frame, fold.fold.members.length, { x: x + CHIP_GAP, y, growth });
  if (words.value) write(ctx, frame, words.value, { x: span.right - BOX_PADDING, y, font: typeFont, colour: palette.text3, halo, right: true });
}

/** Words that have to share a line. */
interface Line {
  title: string;
  detail: string;
  value: string;
  room: number;
  fonts: [name: Font, type: Font];
}

/** What of a line has room: the detail goes first, then the value, and then the name is shortened. */
function fitWords(ctx: CanvasRenderingContext2D, frame: Frame, line: Line): { title: string; detail: string; value: string } {
  const { title, detail, value, room, fonts: [nameFont, typeFont] } = line;
  const gap = TITLE_GAP * (typeFont.size / TYPE_FONT.size);
  const width = (text: string, font: Font): number => (text ? widthOf(ctx, frame, text, font) : 0);
  const [name, behind, right] = [width(title, nameFont), width(detail, typeFont), width(value, typeFont)];
  const withValue = right > 0 ? right + HEADER_CLEARANCE : 0;
  if (name + gap + behind + withValue <= room) return { title, detail, value };
  if (name + withValue <= room) return { title, detail: "", value };
  if (name <= room) return { title, detail: "", value: "" };
  return { title: elideMiddle(title, room, nameFont, (text) => widthOf(ctx, frame, text, nameFont)), detail: "", value: "" };
}

function larger(font: Font, growth: number): Font {
  return growth === 1 ? font : { ...font, size: font.size * growth };
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

/** Closed nodes from far away: plain boxes, all of one colour at once. */
export function drawFarBoxes(ctx: CanvasRenderingContext2D, frame: Frame, nodes: readonly LayoutNode[]): void {
  const { palette, highlight } = frame;
  const byColour = new Map<string, LayoutNode[]>();
  const faint: LayoutNode[] = [];
  for (const node of nodes) {
    if (!node.box || node.box.style === "output") continue;
    if (highlight && !highlight.nodes.has(node.id)) {
      faint.push(node);
      continue;
    }
    const colour = node.id === frame.failed ? palette.failed : (frame.paint(node.id).fill ?? palette.lineStrong);
    const alike = byColour.get(colour);
    if (alike) alike.push(node);
    else byColour.set(colour, [node]);
  }
  ctx.globalAlpha = DIMMED;
  ctx.fillStyle = palette.lineStrong;
  for (const { x, y, width, height } of faint) ctx.fillRect(x, y, width, height);
  ctx.globalAlpha = 1;
  for (const [colour, alike] of byColour) {
    ctx.fillStyle = colour;
    for (const { x, y, width, height } of alike) ctx.fillRect(x, y, width, height);
  }
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
  const { palette, camera } = frame;
  const { style } = node.box!;
  const ink = paint.fill ? inkOn(paint.fill) : palette.text;
  const colour = style === "output" ? palette.text2 : ink;
  const quiet = paint.fill ? ink : palette.text3;
  const halo = paint.state === "unmeasured" ? palette.panel : null;
  const centred = style !== "folded" && style !== "valued";
  const fold = frame.scene.folds.get(node.id);
  const growth = textGrowth(camera.scale, NAME_FONT.size);
  const font = larger(style === "plain" || style === "output" ? TYPE_FONT : NAME_FONT, growth);
  const typeFont = larger(TYPE_FONT, growth);
  const hasChevron = style === "folded" && growth <= 1.5;
  const start = node.x + BOX_PADDING + (hasChevron ? CHEVRON_ROOM : 0);
  const chip = fold ? chipWidth(ctx, frame, fold.fold.members.length, growth) + CHIP_GAP : 0;
  const words = fitWords(ctx, frame, {
    ...node.box!,
    value: centred ? "" : (paint.value ?? ""),
    room: node.x + node.width - BOX_PADDING - start - chip + (centred ? BOX_PADDING : 0),
    fonts: [font, typeFont],
  });
  const opacity = ctx.globalAlpha;
  ctx.globalAlpha = opacity * fade(camera.scale, TEXT_SCALE, CLEAR_TEXT_SCALE);
  const y = style === "folded" && hasStrip(node) ? node.y + STRIP_HEIGHT * 0.85 : node.y + node.height / 2;
  let x = start;
  if (hasChevron) drawChevron(ctx, node.x + BOX_PADDING + CHEVRON_INSET, y, false, ink);
  if (centred) {
    const behind = words.detail ? TITLE_GAP * growth + widthOf(ctx, frame, words.detail, typeFont) : 0;
    x = node.x + (node.width - widthOf(ctx, frame, words.title, font) - behind) / 2;
  }
  x += write(ctx, frame, words.title, { x, y, font, colour, halo });
  if (words.detail) {
    x += TITLE_GAP * growth;
    x += write(ctx, frame, words.detail, { x, y, font: typeFont, colour: quiet, halo });
  }
  if (fold) drawChip(ctx, frame, fold.fold.members.length, { x: x + CHIP_GAP, y, growth });
  const right = node.x + node.width - BOX_PADDING;
  if (words.value) write(ctx, frame, words.value, { x: right, y, font: typeFont, colour: fold ? quiet : ink, halo, right: true });
  ctx.globalAlpha = opacity;
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

/** Widths of texts by font: the same words are written in every frame. */
const widths = new Map<string, Map<string, number>>();
const MOST_WIDTHS = 20_000;
let known = 0;

function widthOf(ctx: CanvasRenderingContext2D, frame: Frame, text: string, font: Font): number {
  const name = cssFont(font, frame.palette.family);
  let ofFont = widths.get(name);
  const width = ofFont?.get(text);
  if (width !== undefined) return width;
  if (++known > MOST_WIDTHS) {
    widths.clear();
    known = 0;
    ofFont = undefined;
  }
  ofFont ??= new Map();
  widths.set(name, ofFont);
  ctx.font = name;
  const measured = ctx.measureText(text).width;
  ofFont.set(text, measured);
  return measured;
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
  ctx.fillText(isolated(text), how.x, how.y + 0.5);
  return widthOf(ctx, frame, text, how.font);
}
