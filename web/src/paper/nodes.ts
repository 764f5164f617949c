import { inkOn, mixColours, tintAt } from "../graph/theme";
import { NAME_FONT, TYPE_FONT, type Font } from "../layout/label";
import type { LayoutNode } from "../layout/layout";
import { BOX_PADDING, CHEVRON_ROOM, HEADER_HEIGHT, parametersText, STRIP_HEIGHT, TITLE_GAP } from "../layout/size";
import { countMark } from "./fold";
import type { NodePaint } from "./paint";
import { asHex } from "./palette";
import { measureText } from "./letters";
import { chevron, failure, hatch, pointedBox } from "./shapes";
import type { Sheet } from "./sheet";

const CHEVRON_INSET = 5;
const HEADER_CLEARANCE = 12;
const CHIP_FONT: Font = { weight: 600, size: 11 };
const CHIP_HEIGHT = 16;
/** Sheets of a stack: how many at most, and how far apart. */
const [MOST_SHEETS, SHEET_STEP] = [2, 5];
/** How much higher the head of a folded group is for the strip of its members. */
export const MEMBER_ROOM = 18;
const MEMBER_HEIGHT = 10;
/** More cells than this cannot be told apart. */
const MOST_CELLS = 96;

/** What nodes are drawn with, beside their layout. */
export interface NodeContext {
  paint: (id: string) => NodePaint;
  /** The cells of the strip in a closed group, or in the head of a folded one. */
  cells: (id: string) => NodePaint[];
  /** How many identical nodes one stands for. */
  count: (id: string) => number;
  parameterCount: (id: string) => number;
  failed: string | null;
}

/** The ground of an open group. */
export function drawGroup(sheet: Sheet, node: LayoutNode, context: NodeContext): void {
  const { palette } = sheet;
  sheet.begin("group", node.id);
  const ink = { fill: tintAt(palette, node.depth), stroke: palette.groupBorder };
  drawSheets(sheet, node, 8, context.count(node.id), { fill: tintAt(palette, Math.max(1, node.depth - 1)), stroke: palette.groupBorder });
  sheet.box(node, 8, ink);
}

/** The words of an open group, and the strip of its members if it is folded. */
export function drawGroupHeader(sheet: Sheet, node: LayoutNode, context: NodeContext): void {
  const { palette } = sheet;
  const { title, detail, left, right } = node.header!;
  const halo = tintAt(palette, node.depth);
  const y = node.y + HEADER_HEIGHT / 2;
  const count = context.count(node.id);
  sheet.begin("group", node.id);
  sheet.path(chevron(node.x + BOX_PADDING + CHEVRON_INSET, y, true), { stroke: palette.text2, line_width: 1.6 }, true);
  let x = node.x + BOX_PADDING + CHEVRON_ROOM;
  x += writeTitle(sheet, title, count, { x, y, font: NAME_FONT, colour: palette.text, halo });
  if (detail) sheet.write(detail, { x: x + TITLE_GAP, y, font: TYPE_FONT, colour: palette.text3, halo });
  const parameters = context.parameterCount(node.id);
  if (parameters > 0 && left + right + HEADER_CLEARANCE <= node.width) {
    const text = count > 1 ? `${parametersText(parameters).split(" ")[0]} each` : parametersText(parameters);
    sheet.write(text, { x: node.x + node.width - BOX_PADDING, y, font: TYPE_FONT, colour: palette.text3, halo, right: true });
  }
  if (count > 1 && node.header!.height > HEADER_HEIGHT) {
    const row = { x: node.x + BOX_PADDING, y: node.y + HEADER_HEIGHT, width: node.width - 2 * BOX_PADDING, height: MEMBER_HEIGHT };
    drawCells(sheet, row, context.cells(node.id), halo);
  }
  if (node.id === context.failed) drawFailure(sheet, node);
}

/** A closed node: its ground, words, value, and the colours of what is inside. */
export function drawBox(sheet: Sheet, node: LayoutNode, context: NodeContext): void {
  const paint = context.paint(node.id);
  const { style } = node.box!;
  sheet.begin("node", node.id);
  if (style !== "output") drawGround(sheet, node, paint, context);
  if (style === "folded" && hasStrip(node)) {
    const left = node.x + BOX_PADDING + CHEVRON_ROOM;
    const row = { x: left, y: node.y + node.height - 14, width: node.x + node.width - BOX_PADDING - left, height: 8 };
    drawCells(sheet, row, context.cells(node.id), asHex(mixColours(sheet.palette.panel, paint.fill ?? sheet.palette.lineStrong, 0.7)));
  }
  drawWords(sheet, node, paint, context.count(node.id));
  if (node.id === context.failed) drawFailure(sheet, node);
}

function hasStrip(node: LayoutNode): boolean {
  return node.height > STRIP_HEIGHT * 2;
}

function drawSheets(sheet: Sheet, node: LayoutNode, radius: number, count: number, ink: { fill: string; stroke: string }): void {
  for (let i = Math.min(MOST_SHEETS, count - 1); i > 0; i--) {
    sheet.box({ x: node.x + i * SHEET_STEP, y: node.y + i * SHEET_STEP, width: node.width, height: node.height }, radius, ink);
  }
}

function drawGround(sheet: Sheet, node: LayoutNode, paint: NodePaint, context: NodeContext): void {
  const { palette } = sheet;
  const { style } = node.box!;
  const fill = paint.fill ?? palette.panel;
  const isBack = style === "step" || style === "gradient";
  const failed = node.id === context.failed;
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
  drawSheets(sheet, node, radius, context.count(node.id), { fill: palette.panel, stroke: palette.lineStrong });
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
  x += writeTitle(sheet, title, count, { x, y, font, colour: style === "output" ? palette.text2 : ink, halo });
  if (detail) sheet.write(detail, { x: x + TITLE_GAP, y, font: TYPE_FONT, colour: paint.fill ? ink : palette.text3, halo });
  if (paint.value === null || centred) return;
  const colour = paint.state === "nonfinite" ? palette.failed : ink;
  sheet.write(paint.value, { x: node.x + node.width - BOX_PADDING, y, font: TYPE_FONT, colour, halo, right: true });
}

/** A title, with a chip behind the ×N that a folded one ends with. Gives the width of both. */
function writeTitle(sheet: Sheet, title: string, count: number, how: { x: number; y: number; font: Font; colour: string; halo: string | null }): number {
  const width = measureText(title, how.font);
  const mark = countMark(count);
  if (count < 2 || !title.endsWith(mark)) {
    sheet.write(title, how);
    return width;
  }
  const { palette } = sheet;
  const before = sheet.write(title.slice(0, -mark.length), how);
  const chip = { x: how.x + before + 4, y: how.y - CHIP_HEIGHT / 2, width: width - before - 4, height: CHIP_HEIGHT };
  sheet.box(chip, 4, { fill: palette.text2 });
  const text = mark.trim();
  const x = chip.x + (chip.width - measureText(text, CHIP_FONT)) / 2;
  sheet.write(text, { x, y: how.y, font: CHIP_FONT, colour: palette.panel });
  return width;
}

/** Colours in a row: of the layers inside a closed group, or of the members of a folded one. */
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
