import type { LayoutNode } from "../layout/layout";
import type { Scene } from "./scene";

export type Direction = "up" | "down" | "left" | "right";

/**
 * The node that an arrow key leads to from `id`: down and up follow edges, left and right go to the
 * nearest node beside it. Null when there is none.
 */
export function nextNode(scene: Scene, id: string | null, direction: Direction): string | null {
  const here = id === null ? undefined : scene.nodes.get(id);
  const closed = scene.layout.nodes.filter((node) => node.box !== null);
  if (!here) return closed[0]?.id ?? null;
  if (direction === "left" || direction === "right") return beside(closed, here, direction === "left" ? -1 : 1);
  const [near, far] = direction === "down" ? (["source", "target"] as const) : (["target", "source"] as const);
  if (here.header) return intoGroup(scene, here, direction);
  const ends = scene.layout.edges.filter((edge) => edge[near] === id).map((edge) => scene.nodes.get(edge[far])!);
  const sign = direction === "down" ? 1 : -1;
  ends.sort((a, b) => sign * (a.y - b.y) || a.x - b.x);
  return ends[0]?.id ?? null;
}

/** From an open group, down goes to its first node and up to the last node above it. */
function intoGroup(scene: Scene, group: LayoutNode, direction: "up" | "down"): string | null {
  const inside = scene.layout.nodes.filter(
    ({ x, y }) => x > group.x && x < group.x + group.width && y > group.y && y < group.y + group.height,
  );
  if (direction === "down") return inside.sort((a, b) => a.y - b.y)[0]?.id ?? null;
  const above = scene.layout.nodes.filter((node) => node.box && node.y + node.height <= group.y);
  return above.sort((a, b) => b.y - a.y)[0]?.id ?? null;
}

function beside(nodes: LayoutNode[], here: LayoutNode, sign: 1 | -1): string | null {
  const middle = (node: LayoutNode): [number, number] => [node.x + node.width / 2, node.y + node.height / 2];
  const [hereX, hereY] = middle(here);
  let best: { id: string; distance: number } | null = null;
  for (const node of nodes) {
    const [x, y] = middle(node);
    const along = sign * (x - hereX);
    if (node === here || along <= 0 || Math.abs(y - hereY) > along + here.height) continue;
    const distance = along + 2 * Math.abs(y - hereY);
    if (!best || distance < best.distance) best = { id: node.id, distance };
  }
  return best?.id ?? null;
}
