import type { LayoutNode } from "../layout/layout";
import type { Scene } from "./scene";
import type { Area } from "./spatial";

/** A node before and after a change of the picture: it keeps its place on the screen. */
export interface Anchor {
  before: LayoutNode;
  after: LayoutNode;
}

/** How a drawn node is found again after a change: by the same name, or by what stands for it now. */
export interface Followed {
  renamed: (id: string) => string;
  standsFor: (id: string) => string | null;
}

/**
 * What a person looks at: the node that they changed, or else the one nearest to the middle of the
 * view that is still there. Null when nothing of the old picture is found in the new one.
 */
export function findAnchor(before: Scene, after: Scene, { renamed, standsFor }: Followed, area: Area, wanted: string | null): Anchor | null {
  const seen = wanted === null ? byNearness(before, area) : [before.nodes.get(wanted)].filter((node) => node !== undefined);
  for (const node of seen) {
    const same = after.nodes.get(renamed(node.id));
    if (same) return { before: node, after: same };
  }
  for (const node of seen) {
    const id = standsFor(node.id);
    const other = id === null ? undefined : after.nodes.get(id);
    if (other) return { before: node, after: other };
  }
  return null;
}

/** Nodes in view, closed ones nearest to the middle first, then open groups, inner ones first. */
export function byNearness(scene: Scene, area: Area): LayoutNode[] {
  const [x, y] = [(area.left + area.right) / 2, (area.top + area.bottom) / 2];
  const distance = (node: LayoutNode): number => Math.hypot(node.x + node.width / 2 - x, node.y + node.height / 2 - y);
  const seen = scene.nodesAt.search(area).map((at) => scene.layout.nodes[at]!);
  const closed = seen.filter((node) => node.box).map((node) => ({ node, far: distance(node) }));
  closed.sort((a, b) => a.far - b.far);
  const open = seen.filter((node) => node.header).sort((a, b) => b.depth - a.depth);
  return [...closed.map(({ node }) => node), ...open];
}
