/** What is drawn, told to scripts in CSS pixels of the page's viewport. */

import { cellOf } from "./fold_figure";
import { figureOf, type Scene } from "./scene";
import type { Rectangle } from "./shapes";

/** A drawn node in CSS pixels of the page's viewport. */
export interface VisibleNode extends Rectangle {
  id: string;
  group: boolean;
  /** Of a fold: how many members it has, the nodes of the one that is drawn, and the members' cells. */
  fold?: { count: number; member: number; nodes: readonly string[]; cells: Rectangle[]; steps: Rectangle[] };
}

/** An edge between closed nodes, with the corners of its way in CSS pixels of the viewport. */
export interface VisibleEdge {
  source: string;
  target: string;
  points: [number, number][];
  /** Folds whose members it runs through, and ops that are not drawn. */
  through: readonly string[];
}

export function visibleNodes(scene: Scene, onPage: (box: Rectangle) => Rectangle): VisibleNode[] {
  const { index } = scene.drawn;
  return scene.layout.nodes.map((node) => {
    const found: VisibleNode = { id: node.id, ...onPage(node), group: index.isGroup(node.id) };
    const drawn = scene.folds.get(node.id);
    const figure = drawn && figureOf(scene, node);
    if (!drawn || !figure) return found;
    const { members } = drawn.fold;
    const cells = members.map((_, i) => onPage(cellOf(figure.strip, members.length, i)));
    const steps = (figure.steps ?? []).map((box) => onPage(box));
    const fold = { count: members.length, member: drawn.member, nodes: members[drawn.member]!, cells, steps };
    return { ...found, ...onPage(figure.front), fold };
  });
}

export function visibleEdges(scene: Scene, onPage: (box: Rectangle) => Rectangle): VisibleEdge[] {
  return scene.layout.edges.map(({ source, target, points, through }) => ({
    source,
    target,
    points: points.map(([x, y]) => {
      const at = onPage({ x, y, width: 0, height: 0 });
      return [at.x, at.y];
    }),
    through: through ?? [],
  }));
}
