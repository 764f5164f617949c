import { inkOn, mixColours, tintAt } from "../graph/theme";
import { NAME_FONT, TYPE_FONT } from "../layout/label";
import type { LayoutNode } from "../layout/layout";
import { BOX_PADDING, CHEVRON_ROOM, HEADER_HEIGHT, parametersText, STRIP_HEIGHT, TITLE_GAP } from "../layout/size";
import { frontOf } from "../graph/fold_figure";
import type { Scene } from "../graph/scene";
import { chipWidth, drawChip, drawMembers, drawSheets } from "./folds";
import type { NodePaint, Painter } from "./paint";
import { asHex } from "./palette";
import { measureText } from "./letters";
import { chevron, failure, hatch, pointedBox } from "./shapes";
import type { Sheet } from "./sheet";

const CHEVRON_INSET = 5;
const HEADER_CLEARANCE = 12;
const CHIP_GAP = 8;
/** More cells than this cannot be told apart. */
const MOST_CELLS = 96;

/** What nodes are drawn with, beside their layout. */
export interface NodeContext {
  scene: Scene;
  painter: Painter;
  /** The layers in a closed group, for its strip of colours. */
  layers: (id: string) => string[];
  parameterCount: (id: string) => number;
  failed: string | null;
}

/** The ground of an open group, with the sheets behind it if it is a fold. */
export function drawGroup(sheet: Sheet, node: LayoutNode, { scene }: NodeContext): void {
  const { palette } = sheet;
  const fold = scene.folds.get(node.id);
  const front = frontOf(node, fold);
  sheet.begin("group", node.id);
  if (fold) drawSheets(sheet, front, node, fold);
  sheet.box(front, 8, { fill: tintAt(palette, node.depth), stroke: palette.groupBorder });
}

/** The words of an open group, and the strip of its members if it is a fold. */
export function drawGroupHeader(sheet: Sheet, node: LayoutNode, { scene, painter, parameterCount, failed }: NodeContext): void {
  const { palette } = sheet;
  const { title, detail, left, right } = node.header!;
  const fold = scene.folds.get(node.id);
  const front = frontOf(node, fold);
  const halo = tintAt(palette, node.depth);
  const y = node.y + HEADER_HEIGHT / 2;
  sheet.begin("group", node.id);
  sheet.path(chevron(node.x + BOX_PADDING + CHEVRON_INSET, y, true), { stroke: palette.text2, line_width: 1.6 }, true);
  let x = node.x + BOX_PADDING + CHEVRON_ROOM;
  x += sheet.write(title, { x, y, font: NAME_FONT, colour: palette.text, halo });
  if (detail) x += TITLE_GAP + sheet.write(detail, { x: x + TITLE_GAP, y, font: TYPE_FONT, colour: palette.text3, halo });
  if (fold) {
    drawChip(sheet, fold.fold.members.length, x + CHIP_GAP, y);
    x += CHIP_GAP + chipWidth(fold.fold.members.length);
  }
  const count = parameterCount(node.id);
  const value = fold ? (fold.inline ? null : painter.paint(node.id).value) : count > 0 && left + right + HEADER_CLEARANCE <= front.width ? parametersText(count) : null;
  const end = front.x + front.width - BOX_PADDING;
  if (value && x + HEADER_CLEARANCE + measureText(value, TYPE_FONT) <= end) sheet.write(value, { x: end, y, font: TYPE_FONT, colour: palette.text3, halo, right: true });
  drawMembers(sheet, scene, node, painter);
  if (node.id === failed) drawFailure(sheet, node);
}

/** A closed node: its ground, words, value, and the colours of what is inside. */
export function drawBox(sheet: Sheet, whole: LayoutNode, context: NodeContext): void {
  const { scene, painter } = context;
  const fold = scene.folds.get(whole.id);
  const node = frontOf(whole, fold);
  const paint = painter.paint(node.id);
  const { style } = node.box!;
  sheet.begin("node", node.id);
  if (fold) drawSheets(sheet, node, whole, fold);
  if (style !== "output") drawGround(sheet, node, paint, context.failed);
  if (fold) drawMembers(sheet, scene, whole, painter);
  else if (style === "folded" && hasStrip(node)) {
    const left = node.x + BOX_PADDING + CHEVRON_ROOM;
    const row = { x: left, y: node.y + node.height - 14, width: node.x + node.width - BOX_PADDING - left, height: 8 };
    drawCells(sheet, row, context.layers(node.id).map((id) => painter.paint(id)), asHex(mixColours(sheet.palette.panel, paint.fill ?? sheet.palette.lineStrong, 0.7)));
  }
  drawWords(sheet, node, paint, fold?.fold.members.length ?? 1);
  if (node.id === context.failed) drawFailure(sheet, node);
}

function hasStrip(node: LayoutNode): boolean {
  return node.height > STRIP_HEIGHT * 2;
}

function drawGround(sheet: Sheet, node: LayoutNode, paint: NodePaint, failedId: string | null): void {
  const { palette } = sheet;
  const { style } = node.box!;
  const fill = paint.fill ?? palette.panel;
  const isBack = style === "step" || style === "gradient";
  const failed = node.id === failedId;
  const isOdd = paint.state === "nonfinite";
  const plain = paint.fill ? asHex(mixColours(paint.fill, palette.text2, 0.82)) : palette.lineStrong;
  const stroke = failed || isOdd ? palette.failed : isBack ? palette.gradient : paint.state === "unmeasured" ? palette.control : plain;
  const ink = {
    fill,
    stroke,
    line_width: failed ? 2 : isBack ? 1.4 : 1,
    dash: paint.state === "unmeasured" ? [4, 3] : [],
  };
  const radius = style === "gradient" ? node.height / 2 : 6;
  if (style === "step") sheet.path(pointedBox(node), ink);
  else if (paint.state !== "unmeasured") sheet.box(node, radius, ink);
  else {
    sheet.box(node, radius, { fill });
    sheet.path(hatch(node, radius), { stroke: palette.line });
    sheet.box(node, radius, { ...ink, fill: null });
  }
}

function drawWords(sheet: Sheet, node: LayoutNode, paint: NodePaint, count: number): void {
  const { palette } = sheet;
  const { title, detail, style } = node.box!;
  const ink = paint.fill ? asHex(inkOn(paint.fill)) : palette.text;
  const halo = paint.state === "unmeasured" ? palette.panel : null;
  const y = style === "folded" && hasStrip(node) ? node.y + STRIP_HEIGHT * 0.85 : node.y + node.height / 2;
  const centred = style !== "folded" && style !== "valued";
  const font = style === "plain" || style === "output" ? TYPE_FONT : NAME_FONT;
  let x = node.x + BOX_PADDING;
  if (style === "folded") {
    sheet.path(chevron(x + CHEVRON_INSET, y, false), { stroke: ink, line_width: 1.6 }, true);
    x += CHEVRON_ROOM;
  } else if (centred) {
    const words = measureText(title, font) + (detail ? TITLE_GAP + measureText(detail, TYPE_FONT) : 0);
    x = node.x + (node.width - words) / 2;
  }
  x += sheet.write(title, { x, y, font, colour: style === "output" ? palette.text2 : ink, halo });
  if (detail) x += TITLE_GAP + sheet.write(detail, { x: x + TITLE_GAP, y, font: TYPE_FONT, colour: paint.fill ? ink : palette.text3, halo });
  if (count > 1) drawChip(sheet, count, x + CHIP_GAP, y);
  if (paint.value === null || centred) return;
  const end = node.x + node.width - BOX_PADDING;
  if (count > 1 && x + CHIP_GAP + chipWidth(count) + TITLE_GAP + measureText(paint.value, TYPE_FONT) > end) return;
  const colour = paint.state === "nonfinite" ? palette.failed : ink;
  sheet.write(paint.value, { x: end, y, font: TYPE_FONT, colour: count > 1 ? palette.text3 : colour, halo, right: true });
}

/** Colours of the layers inside a closed group, in a row. */
function drawCells(sheet: Sheet, row: { x: number; y: number; width: number; height: number }, all: NodePaint[], ground: string): void {
  const { palette } = sheet;
  const cells = all.length <= MOST_CELLS ? all : Array.from({ length: MOST_CELLS }, (_, i) => all[Math.floor((i * all.length) / MOST_CELLS)]!);
  if (cells.length === 0) return;
  const step = row.width / cells.length;
  const gap = step > 4 ? 1 : 0;
  sheet.box({ x: row.x - 1, y: row.y - 1, width: row.width - gap + 2, height: row.height + 2 }, 2, { fill: ground });
  cells.forEach((cell, i) => {
    const place = { x: row.x + i * step, y: row.y, width: step - gap, height: row.height };
    const odd = cell.state === "nonfinite";
    sheet.box(place, 0, { fill: cell.fill ?? (odd ? palette.failed : palette.panel) });
    if (cell.state === "unmeasured") sheet.path(hatch(place, 0), { stroke: palette.control });
  });
}

function drawFailure(sheet: Sheet, node: LayoutNode): void {
  sheet.path(failure(node), { fill: sheet.palette.failed, stroke: tintAt(sheet.palette, node.depth - 1), line_width: 1.5 });
}
