import { cellOf, memberNumber, memberOf, numbered, type FoldFigure } from "../graph/fold_figure";
import { figureOf, type Scene } from "../graph/scene";
import { inkOn, tintAt } from "../graph/theme";
import type { Font } from "../layout/label";
import type { LayoutNode } from "../layout/layout";
import { SHEET_STEP, type DrawnFold } from "../model/drawn";
import type { Rectangle } from "../graph/shapes";
import { measureText } from "./letters";
import type { Painter } from "./paint";
import { hatch } from "./shapes";
import type { Sheet } from "./sheet";

const CHIP_FONT: Font = { weight: 600, size: 11 };
const CHIP = { height: 16, padding: 5.5 };
const NUMBER_FONT: Font = { weight: 400, size: 10 };
const NUMBER = { room: 26, height: 13 };
const [CELL_RADIUS, INLINE_RADIUS] = [1.5, 5];

/** The sheets behind a fold, the farthest first. */
export function drawSheets(sheet: Sheet, front: Rectangle, node: LayoutNode, fold: DrawnFold): void {
  const { palette } = sheet;
  const isOpen = node.header !== null;
  const ink = {
    fill: isOpen ? tintAt(palette, node.depth) : palette.panel,
    stroke: isOpen ? palette.groupBorder : palette.lineStrong,
  };
  for (let i = fold.sheets; i > 0; i--) {
    sheet.box({ ...front, x: front.x + SHEET_STEP * i, y: front.y + SHEET_STEP * i }, isOpen ? 8 : 6, ink);
  }
}

/** `×32` on a chip that begins at `x`, about the height `y`. */
export function drawChip(sheet: Sheet, count: number, x: number, y: number): void {
  const text = `×${count}`;
  sheet.box({ x, y: y - CHIP.height / 2, width: chipWidth(count), height: CHIP.height }, 4, { fill: sheet.palette.text2 });
  sheet.write(text, { x: x + CHIP.padding, y, font: CHIP_FONT, colour: sheet.palette.panel });
}

export function chipWidth(count: number): number {
  return measureText(`×${count}`, CHIP_FONT) + 2 * CHIP.padding;
}

/** A cell for each member with its colour, and their numbers. On paper no member is a special one: none is ringed. */
export function drawMembers(sheet: Sheet, scene: Scene, node: LayoutNode, painter: Painter): void {
  const drawn = scene.folds.get(node.id);
  const figure = figureOf(scene, node);
  if (!drawn || !figure) return;
  drawCells(sheet, drawn, figure, painter);
  if (figure.numbers === "under") drawNumbers(sheet, drawn, figure);
}

function drawCells(sheet: Sheet, drawn: DrawnFold, { strip, numbers }: FoldFigure, painter: Painter): void {
  const { palette } = sheet;
  const { members } = drawn.fold;
  const isInside = numbers === "inside";
  const radius = isInside ? INLINE_RADIUS : strip.gap > 0 ? CELL_RADIUS : 0;
  for (let cell = 0; cell < strip.cells; cell++) {
    const member = memberOf(strip, members.length, cell, drawn.member);
    const paint = painter.paintMember(members[member]!);
    const box = cellOf(strip, members.length, member);
    const isUnmeasured = paint.state === "unmeasured";
    const fill = paint.fill ?? (paint.state === "nonfinite" ? palette.failed : palette.panel);
    const isBordered = paint.fill === null && strip.gap > 0;
    sheet.box(box, radius, { fill, stroke: isBordered ? (isUnmeasured ? palette.control : palette.lineStrong) : null, line_width: 1, dash: isUnmeasured ? [3, 2] : [] });
    if (isUnmeasured) sheet.path(hatch(box, radius), { stroke: palette.control });
    if (!isInside) continue;
    const text = memberNumber(drawn, member);
    const x = box.x + (box.width - measureText(text, CHIP_FONT)) / 2;
    sheet.write(text, { x, y: box.y + box.height / 2, font: { ...CHIP_FONT, weight: 400 }, colour: paint.fill ? inkOn(paint.fill) : palette.text });
  }
}

function drawNumbers(sheet: Sheet, drawn: DrawnFold, { strip }: FoldFigure): void {
  const count = drawn.fold.members.length;
  for (const member of numbered(strip, count, NUMBER.room)) {
    const cell = cellOf(strip, count, member);
    const text = memberNumber(drawn, member);
    const x = cell.x + (cell.width - measureText(text, NUMBER_FONT)) / 2;
    sheet.write(text, { x, y: strip.y + strip.height + NUMBER.height / 2 + 1, font: NUMBER_FONT, colour: sheet.palette.text3 });
  }
}
