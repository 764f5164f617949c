import type { LayoutNode } from "../layout/layout";
import { BOX_PADDING, CHEVRON_ROOM, HEADER_HEIGHT } from "../layout/size";
import { INLINE_CELL, SHEET_STEP, type DrawnFold } from "../model/drawn";
import type { Rectangle } from "./shapes";

/** How high the head of an open fold is: its words, the strip of members and their numbers. */
export const FOLD_HEADER = HEADER_HEIGHT + 38;
const CELL_HEIGHT = { closed: 8, open: 20, inline: 16 };
const STEP_BUTTON = { width: 26, height: 18 };
const STEPS_ROOM = 2 * STEP_BUTTON.width + 8;
/** Narrower cells share one, and stand for the first of theirs. */
const LEAST_CELL = 2;
const GAP_FROM = 5;

/** Cells of a fold's members in a row. With too many members for the room, a cell stands for several. */
export interface Strip extends Rectangle {
  cells: number;
  step: number;
  gap: number;
}

/** Where the parts of a fold are, in CSS pixels at zoom 1. */
export interface FoldFigure {
  /** The fold without its sheets. */
  front: Rectangle;
  sheets: number;
  strip: Strip;
  /** Numbers of members stand under the cells, or in them. */
  numbers: "under" | "inside" | "none";
  /** The buttons to the member before and after: in the member's head, or beside the strip. */
  steps: [previous: Rectangle, next: Rectangle] | null;
}

/** The node without the sheets behind it. */
export function frontOf<T extends Rectangle>(node: T, fold: DrawnFold | undefined): T {
  if (!fold) return node;
  const beyond = SHEET_STEP * fold.sheets;
  return { ...node, width: node.width - beyond, height: node.height - beyond };
}

/** @param member the box of the drawn member, where it is one node. */
export function foldFigure(node: LayoutNode, drawn: DrawnFold, member: LayoutNode | undefined): FoldFigure {
  const front = frontOf({ x: node.x, y: node.y, width: node.width, height: node.height }, drawn);
  const { sheets } = drawn;
  const count = drawn.fold.members.length;
  const right = front.x + front.width - BOX_PADDING;
  if (node.header === null) {
    const x = front.x + BOX_PADDING + CHEVRON_ROOM;
    const room = { x, y: front.y + front.height - 14, width: right - x, height: CELL_HEIGHT.closed };
    return { front, sheets, strip: stripIn(room, count), numbers: "none", steps: null };
  }
  if (drawn.inline) {
    const step = INLINE_CELL.width + INLINE_CELL.gap;
    const x = right - step * count + INLINE_CELL.gap;
    const y = front.y + (HEADER_HEIGHT - CELL_HEIGHT.inline) / 2 + 1;
    const strip = { x, y, width: step * count, height: CELL_HEIGHT.inline, cells: count, step, gap: INLINE_CELL.gap };
    return { front, sheets, strip, numbers: "inside", steps: null };
  }
  const x = front.x + BOX_PADDING;
  const inMember = member?.header ? member : null; // a closed member has no head for the buttons
  const y = front.y + HEADER_HEIGHT;
  const width = right - x - (inMember ? 0 : STEPS_ROOM);
  const strip = stripIn({ x, y, width, height: CELL_HEIGHT.open }, count);
  const steps = inMember
    ? stepButtons(inMember.x + inMember.width - BOX_PADDING, inMember.y + (HEADER_HEIGHT - STEP_BUTTON.height) / 2 + 1)
    : stepButtons(right, y + 1);
  return { front, sheets, strip, numbers: "under", steps };
}

function stepButtons(right: number, y: number): [Rectangle, Rectangle] {
  const x = right - 2 * STEP_BUTTON.width;
  return [{ x, y, ...STEP_BUTTON }, { x: x + STEP_BUTTON.width, y, ...STEP_BUTTON }];
}

/** The member under a place across a strip. */
export function memberAt(strip: Strip, count: number, x: number): number {
  return Math.min(count - 1, Math.max(0, Math.floor(((x - strip.x) / strip.width) * count)));
}

/** The cell that shows a member. */
export function cellOf(strip: Strip, count: number, member: number): Rectangle {
  const cell = Math.min(strip.cells - 1, Math.floor((member * strip.cells) / count));
  return { x: strip.x + cell * strip.step, y: strip.y, width: Math.max(1, strip.step - strip.gap), height: strip.height };
}

/** The member that a cell shows: the drawn one where it is among those of the cell. */
export function memberOf(strip: Strip, count: number, cell: number, drawn: number): number {
  const first = Math.ceil((cell * count) / strip.cells);
  const after = Math.ceil(((cell + 1) * count) / strip.cells);
  return drawn >= first && drawn < after ? drawn : first;
}

/** Members whose number is written: evenly spaced ones, and the last. */
export function numbered(strip: Strip, count: number, room: number): number[] {
  let every = 1;
  while ((every * strip.width) / count < room) every *= 2;
  const found: number[] = [];
  for (let member = 0; member < count - 1; member += every) found.push(member);
  const last = found.at(-1);
  if (last !== undefined && ((count - 1 - last) * strip.width) / count < room) found.pop();
  return [...found, count - 1];
}

/** What is written for a member: its own number where it has one, or how many came before it. */
export function memberNumber(drawn: DrawnFold, member: number): string {
  const name = drawn.fold.members[member]![0]!.split(/[./]/).at(-1)!;
  return /^\d+$/.test(name) ? name : String(member);
}

function stripIn(room: Rectangle, count: number): Strip {
  const cells = Math.min(count, Math.max(1, Math.floor(room.width / LEAST_CELL)));
  const step = room.width / cells;
  return { ...room, cells, step, gap: step >= GAP_FROM ? 1 : 0 };
}
