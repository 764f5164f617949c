import type { GraphIndex } from "../model/graph";
import { elideMiddle, isGradientEnd, labelNode, NAME_FONT, TYPE_FONT, type Measure, type NodeLabel } from "./label";

/** How a node is drawn: with a value, as a plain frame, folded up, as an end of the graph, or as a
 * step of backward or the gradient that is its end. */
export type BoxStyle = "valued" | "plain" | "folded" | "input" | "output" | "step" | "gradient";

/** A closed node: its size in CSS pixels and the words on it, shortened to fit. */
export interface Box extends NodeLabel {
  width: number;
  height: number;
  style: BoxStyle;
}

/** Words in the head line of an open group, the room that they need left and right, and the head's height. */
export interface GroupHeader extends NodeLabel {
  height: number;
  /** Room that is kept to the right of the group and under it, for sheets behind it. */
  beyond: number;
  left: number;
  right: number;
}

export const HEADER_HEIGHT = 26;
/** How much higher a closed group is for the strip of colours under its name. */
export const STRIP_HEIGHT = 14;
export const VALUE_ROOM = 50;
export const BOX_PADDING = 10;
export const CHEVRON_ROOM = 17;
export const TITLE_GAP = 7;
const TITLE_ROOM = 190;
const DETAIL_ROOM = 176;
const FOLDED_WIDTH = 228;
const PLAIN_WIDTH = 92;
const HEADER_STEP = 24;
/** Boxes with values up to this wide are made equally wide within their group. */
const ALIGNED_WIDTH = 288;

/** Size and words of a closed node. */
export function measureBox(index: GraphIndex, id: string, measure: Measure): Box {
  const node = index.nodeOf(id);
  const label = labelNode(index, id);
  const title = elideMiddle(label.title, TITLE_ROOM, NAME_FONT, measure);
  const detail = elideMiddle(label.detail, DETAIL_ROOM, TYPE_FONT, measure);
  const words = measure(title, NAME_FONT) + (detail ? TITLE_GAP + measure(detail, TYPE_FONT) : 0) + (label.room ?? 0);
  const look = index.looks.get(id);
  const beyond = look?.beyond ?? 0;
  if (index.isGroup(id) && !node.atomic) {
    const width = Math.max(FOLDED_WIDTH, BOX_PADDING * 2 + CHEVRON_ROOM + words + VALUE_ROOM);
    const height = (look?.strip || index.hasLayers(id) ? 24 + STRIP_HEIGHT : 26) + beyond;
    return { title, detail, width: roundUp(width + beyond), height, style: "folded" };
  }
  if (node.kind === "input" || node.kind === "output") {
    return { title, detail, width: roundUp(words + 36), height: 22, style: node.kind };
  }
  if (node.kind === "backward") {
    return { title, detail, width: roundUp(words + 36), height: 22, style: isGradientEnd(node) ? "gradient" : "step" };
  }
  if (node.kind !== "parameter" && index.hasParameters(id)) {
    return { title, detail, width: roundUp(BOX_PADDING * 2 + words + VALUE_ROOM), height: 26, style: "valued" };
  }
  return { title, detail, width: roundUp(Math.max(PLAIN_WIDTH, words + 32)), height: 22, style: "plain" };
}

/** The boxes of one group, those that carry a value equally wide unless that costs much room. */
export function alignedWidths(boxes: readonly (Box | null)[]): (Box | null)[] {
  const isAlike = (box: Box): boolean => (box.style === "valued" || box.style === "folded") && box.width <= ALIGNED_WIDTH;
  const width = boxes.reduce((most, box) => (box && isAlike(box) ? Math.max(most, box.width) : most), 0);
  return boxes.map((box) => (box && isAlike(box) && box.width < width ? { ...box, width } : box));
}

/** Words of an open group's head line; `count` is the number of parameters in it. */
export function measureHeader(
  index: GraphIndex,
  id: string,
  { count, height }: { count: number; height: number },
  measure: Measure,
): GroupHeader {
  const label = labelNode(index, id);
  const look = index.looks.get(id);
  const title = elideMiddle(label.title, TITLE_ROOM, NAME_FONT, measure);
  const open = look?.headDetail ?? (index.nodeOf(id).atomic ? label.detail : label.detail.split(" · ")[0]!);
  const detail = elideMiddle(open, DETAIL_ROOM, TYPE_FONT, measure);
  const words = measure(title, NAME_FONT) + (detail ? TITLE_GAP + measure(detail, TYPE_FONT) : 0) + (label.room ?? 0);
  const right = look?.right !== undefined ? look.right : count > 0 ? measure(parametersText(count), TYPE_FONT) + BOX_PADDING : 0;
  return { title, detail, height, beyond: look?.beyond ?? 0, left: BOX_PADDING + CHEVRON_ROOM + words, right };
}

/** `147,968 parameters`. */
export function parametersText(count: number): string {
  const digits = String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${digits} ${count === 1 ? "parameter" : "parameters"}`;
}

/** Room for the head line: `left` of the first tensor that comes in, and all over if it is in the middle. */
export function headerRoom(header: GroupHeader): { width: number; left: number } {
  const roundUpTo = (step: number, width: number): number => Math.ceil(width / step) * step;
  const half = Math.max(header.left, header.right) + BOX_PADDING;
  return { width: roundUpTo(HEADER_STEP, 2 * half), left: roundUpTo(HEADER_STEP / 2, header.left + BOX_PADDING) };
}

function roundUp(width: number): number {
  return Math.ceil(width / 2) * 2;
}
