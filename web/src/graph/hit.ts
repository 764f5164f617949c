import type { LayoutNode } from "../layout/layout";
import { BOX_PADDING, CHEVRON_ROOM, HEADER_HEIGHT } from "../layout/size";
import { memberAt } from "./fold_figure";
import { headerSpan, type Frame } from "./frame";
import { figureOf, type Scene } from "./scene";
import type { Rectangle } from "./shapes";

/** What is at a place: a node, and which part of it. `member` is the place of a fold's member. */
export interface Hit {
  node: LayoutNode;
  part: "body" | "chevron" | "previous" | "next" | "member";
  /** The fold that the buttons or cells belong to. */
  fold?: string;
  member?: number;
}

const CELL_MARGIN = 4;

/** The innermost thing at a place of the drawing. */
export function hitAt(frame: Pick<Frame, "scene" | "camera" | "view">, x: number, y: number): Hit | null {
  const { scene } = frame;
  const node = innermost(scene, x, y);
  if (!node) return null;
  return partOfFold(scene, node, x, y) ?? { node, part: isChevron(frame, node, x, y) ? "chevron" : "body" };
}

function innermost(scene: Scene, x: number, y: number): LayoutNode | null {
  let found: LayoutNode | null = null;
  for (const at of scene.nodesAt.search({ left: x, right: x, top: y, bottom: y })) {
    const node = scene.layout.nodes[at]!;
    if (!found || node.depth > found.depth) found = node;
  }
  return found;
}

/** The buttons may stand in the head of the member, which is a node of its own. */
function partOfFold(scene: Scene, node: LayoutNode, x: number, y: number): Hit | null {
  for (const [id, drawn] of scene.folds) {
    const isMember = drawn.fold.members[drawn.member]!.includes(node.id);
    const holder = scene.nodes.get(id);
    if (!holder || (holder !== node && !isMember)) continue;
    const figure = figureOf(scene, holder);
    if (!figure) continue;
    if (figure.steps && holds(figure.steps[0], x, y)) return { node, part: "previous", fold: id };
    if (figure.steps && holds(figure.steps[1], x, y)) return { node, part: "next", fold: id };
    if (!holds(figure.strip, x, y, CELL_MARGIN)) continue;
    return { node, part: "member", fold: id, member: memberAt(figure.strip, drawn.fold.members.length, x) };
  }
  return null;
}

function isChevron(frame: Pick<Frame, "camera" | "view">, node: LayoutNode, x: number, y: number): boolean {
  if (node.header === null && node.box?.style !== "folded") return false;
  const start = node.header ? headerSpan(frame, node).left : node.x;
  return x >= start && x < start + BOX_PADDING + CHEVRON_ROOM && y < node.y + HEADER_HEIGHT;
}

function holds(box: Rectangle, x: number, y: number, margin = 0): boolean {
  return x >= box.x && x <= box.x + box.width && y >= box.y - margin && y <= box.y + box.height + margin;
}
