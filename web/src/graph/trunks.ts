import { netOf } from "../layout/flows";
import type { LayoutEdge } from "../layout/layout";
import type { Point } from "../layout/types";
import type { EdgeRole } from "../model/graph";

/** From so many lines on, those that end in one arrow are counted there. */
const LEAST = 4;

/** The last piece of lines that share their way into a node. */
export interface Trunk {
  from: Point;
  to: Point;
  role: EdgeRole;
  /** How many nodes it comes from. */
  count: number;
}

/** Where many lines of different tensors end as one. */
export function trunksOf(edges: readonly LayoutEdge[]): Trunk[] {
  const ends = new Map<string, { edge: LayoutEdge; nets: Set<string> }>();
  for (const edge of edges) {
    const [x, y] = edge.points.at(-1)!;
    const key = `${edge.role} ${Math.round(x)} ${Math.round(y)} ${edge.target}`;
    const known = ends.get(key);
    if (known) known.nets.add(netOf(edge));
    else ends.set(key, { edge, nets: new Set([netOf(edge)]) });
  }
  return [...ends.values()].flatMap(({ edge: { points, role }, nets }) =>
    nets.size < LEAST ? [] : [{ from: points.at(-2)!, to: points.at(-1)!, role, count: nets.size }],
  );
}
