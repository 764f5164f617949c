import type { Ranking } from "./ranks";
import { SPACING, type Block } from "./types";

/**
 * A piece of an edge between two neighbouring ranks; `exit` and `entry` are distances from the
 * vertices' centres. The shares are the same as parts of the widths: they order ends at one vertex.
 */
export interface Segment {
  id: number;
  upper: number;
  lower: number;
  exit: number;
  entry: number;
  exitShare: number;
  entryShare: number;
}

/**
 * A block in which every edge joins neighbouring ranks only.
 *
 * Vertices from `realCount` on are bends: points that a long edge passes on its way through a rank.
 * Long edges of one net share their bends, so that a tensor used often runs as one line.
 */
export interface Layered {
  realCount: number;
  rank: number[];
  width: number[];
  height: number[];
  /** The net of a bend on the way down; -1 for vertices, and on the way back up. */
  net: number[];
  /** Longest way to a vertex, and on from it; -1 for bends. */
  depth: number[];
  reach: number[];
  up: Segment[][];
  down: Segment[][];
  segmentCount: number;
  rankCount: number;
  /** Bends of each edge in the order in which it passes them. */
  bends: number[][];
}

/** Puts bends on every rank that an edge passes. Backward edges also pass the ranks of their ends. */
export function buildLayers(block: Block, ranking: Ranking): Layered {
  const layered: Layered = {
    realCount: block.vertices.length,
    rank: [...ranking.rank],
    width: block.vertices.map((vertex) => vertex.width),
    height: block.vertices.map((vertex) => vertex.height),
    net: block.vertices.map(() => -1),
    depth: [...ranking.depth],
    reach: [...ranking.reach],
    up: block.vertices.map(() => []),
    down: block.vertices.map(() => []),
    segmentCount: 0,
    rankCount: ranking.rankCount,
    bends: [],
  };
  const known = new Map<string, number>();
  const bendAt = (way: string, rank: number, net: number): number => {
    const key = `${way}@${rank}`;
    const bend = known.get(key) ?? layered.rank.length;
    if (bend === layered.rank.length) {
      known.set(key, bend);
      layered.rank.push(rank);
      layered.width.push(0);
      layered.height.push(0);
      layered.net.push(net);
      layered.depth.push(-1);
      layered.reach.push(-1);
      layered.up.push([]);
      layered.down.push([]);
    }
    return bend;
  };
  const joined = new Set<string>();
  const join = (upper: number, lower: number, exit: number, entry: number): void => {
    const key = `${upper}:${exit}>${lower}:${entry}`;
    if (joined.has(key)) return;
    joined.add(key);
    const [exitShare, entryShare] = [exit / (layered.width[upper]! + 1), entry / (layered.width[lower]! + 1)];
    const segment = { id: layered.segmentCount++, upper, lower, exit, entry, exitShare, entryShare };
    layered.down[upper]!.push(segment);
    layered.up[lower]!.push(segment);
  };
  block.edges.forEach((edge, index) => {
    const [from, to] = [ranking.rank[edge.source]!, ranking.rank[edge.target]!];
    const bends: number[] = [];
    layered.bends.push(bends);
    if (ranking.backward[index]) {
      for (let rank = from; rank >= to; rank--) bends.push(bendAt(`back${edge.net}`, rank, -1));
      for (let i = 1; i < bends.length; i++) join(bends[i]!, bends[i - 1]!, 0, 0);
      return;
    }
    for (let rank = from + 1; rank < to; rank++) bends.push(bendAt(`${edge.net}`, rank, edge.net));
    let upper = edge.source;
    for (const lower of [...bends, edge.target]) {
      const entry = lower === edge.target ? (edge.entry ?? 0) : 0;
      join(upper, lower, upper === edge.source ? edge.exit : 0, entry);
      upper = lower;
    }
  });
  return layered;
}

/** Whether a vertex is a bend of a long edge and not a box or port. */
export function isBend(layered: Layered, vertex: number): boolean {
  return vertex >= layered.realCount;
}

/** How far the centres of two neighbours in a rank must be apart. */
export function separation(layered: Layered, left: number, right: number): number {
  const bends = Number(isBend(layered, left)) + Number(isBend(layered, right));
  const gap = [SPACING.boxes, SPACING.boxToLine, SPACING.lines][bends]!;
  return gap + (layered.width[left]! + layered.width[right]!) / 2;
}
