import type { Ranking } from "./ranks";
import { SPACING, type Block, type BlockEdge } from "./types";

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
  /** For each edge the way of its net, with which it shares its bends; null for edges without any. */
  ways: (Way | null)[];
}

/** The bends of one net on its way down, or back up: at each rank one, or -1. */
export type Way = Int32Array;

/** Ranks at which an edge bends, in the order in which it passes them: from `first` on, `count` by `step`. */
export interface Passing {
  first: number;
  count: number;
  step: 1 | -1;
}

/** Backward edges also pass the ranks of their ends. */
export function passingOf(ranking: Ranking, { source, target }: BlockEdge, index: number): Passing {
  const [from, to] = [ranking.rank[source]!, ranking.rank[target]!];
  if (ranking.backward[index]) return { first: from, count: from - to + 1, step: -1 };
  return { first: from + 1, count: Math.max(0, to - from - 1), step: 1 };
}

/** The bend from which an edge goes on to its target; undefined if it has none. */
export function lastBend(layered: Layered, ranking: Ranking, edge: BlockEdge, index: number): number | undefined {
  const { first, count, step } = passingOf(ranking, edge, index);
  return count > 0 ? layered.ways[index]![first + step * (count - 1)] : undefined;
}

/** Puts bends on every rank that an edge passes. */
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
    ways: [],
  };
  const ways = { down: new Map<number, Way>(), back: new Map<number, Way>() };
  block.edges.forEach((edge, index) => {
    const passing = passingOf(ranking, edge, index);
    if (passing.count === 0) {
      layered.ways.push(null);
      join(layered, edge.source, edge.target, edge.exit, edge.entry ?? 0);
      return;
    }
    const isBack = ranking.backward[index]!;
    const known = isBack ? ways.back : ways.down;
    let way = known.get(edge.net);
    if (!way) known.set(edge.net, (way = new Int32Array(ranking.rankCount).fill(-1)));
    layered.ways.push(way);
    const { first, count, step } = passing;
    for (let i = 0, rank = first; i < count; i++, rank += step) if (way[rank]! < 0) way[rank] = addBend(layered, rank, isBack ? -1 : edge.net);
    if (isBack) {
      for (let rank = first - 1; rank > first - count; rank--) join(layered, way[rank]!, way[rank + 1]!, 0, 0);
      return;
    }
    join(layered, edge.source, way[first]!, edge.exit, 0);
    for (let rank = first + 1; rank < first + count; rank++) join(layered, way[rank - 1]!, way[rank]!, 0, 0);
    join(layered, way[first + count - 1]!, edge.target, 0, edge.entry ?? 0);
  });
  return layered;
}

function addBend(layered: Layered, rank: number, net: number): number {
  layered.width.push(0);
  layered.height.push(0);
  layered.net.push(net);
  layered.depth.push(-1);
  layered.reach.push(-1);
  layered.up.push([]);
  layered.down.push([]);
  return layered.rank.push(rank) - 1;
}

/** Joins two vertices, unless they are joined in the same way already. */
function join(layered: Layered, upper: number, lower: number, exit: number, entry: number): void {
  const [down, up] = [layered.down[upper]!, layered.up[lower]!];
  for (const piece of down.length < up.length ? down : up) {
    if (piece.upper === upper && piece.lower === lower && piece.exit === exit && piece.entry === entry) return;
  }
  const [exitShare, entryShare] = [exit / (layered.width[upper]! + 1), entry / (layered.width[lower]! + 1)];
  const segment = { id: layered.segmentCount++, upper, lower, exit, entry, exitShare, entryShare };
  down.push(segment);
  up.push(segment);
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
