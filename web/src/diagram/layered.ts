/** Layered layout of the items of one group: ranks, order within a rank, and positions. */

import { assignRanks } from "./ranks";
import { assignPositions } from "./positions";
import { orderLayers } from "./order";
import { routeEdges } from "./routes";

export interface Item {
  width: number;
  height: number;
  /** Set for the ports of the group: they lie on its upper or lower border. */
  port?: "in" | "out";
}

export interface Link {
  source: number;
  target: number;
  /** Where the edge leaves or meets the item, relative to its centre. */
  sourceOffset: number;
  targetOffset: number;
  /** Links with the same key carry the same tensor and may share a line. */
  key: string;
}

export type Point = [number, number];

export interface Layered {
  width: number;
  height: number;
  /** Centre of each item. */
  positions: Point[];
  /** One polyline of right angles a link, from source to target. */
  routes: Point[][];
}

export const GAP = { nodes: 24, lines: 14, ranks: 16, track: 8 } as const;

/** Working form: the items, and a dummy for each rank that a long link passes. */
export interface Sheet {
  ranks: number;
  /** Of items, then dummies. */
  rank: number[];
  width: number[];
  height: number[];
  isDummy: boolean[];
  /** Unit links between neighbouring ranks, in the direction of drawing. */
  segments: Segment[];
  above: number[][];
  below: number[][];
  layers: number[][];
  /** For each link: the items and dummies that it passes, and whether it was turned round. */
  chains: { path: number[]; reversed: boolean }[];
}

export interface Segment {
  upper: number;
  lower: number;
  upperOffset: number;
  lowerOffset: number;
}

/** Lay out one group. The same input always gives the same result. */
export function layered(items: Item[], links: Link[]): Layered {
  if (items.length === 0) return { width: 0, height: 0, positions: [], routes: [] };
  const sheet = buildSheet(items, links);
  orderLayers(sheet);
  const x = assignPositions(sheet);
  return routeEdges(sheet, items, links, x);
}

function buildSheet(items: Item[], links: Link[]): Sheet {
  const { rank, reversed, ranks } = assignRanks(items, links);
  const sheet: Sheet = {
    ranks,
    rank: [...rank],
    width: items.map((item) => item.width),
    height: items.map((item) => item.height),
    isDummy: items.map(() => false),
    segments: [],
    above: items.map(() => []),
    below: items.map(() => []),
    layers: [],
    chains: [],
  };
  links.forEach((link, index) => addChain(sheet, link, reversed[index] ?? false));
  return sheet;
}

function addChain(sheet: Sheet, link: Link, reversed: boolean): void {
  const upper = reversed ? link.target : link.source;
  const lower = reversed ? link.source : link.target;
  const path = [upper];
  for (let rank = sheet.rank[upper]! + 1; rank < sheet.rank[lower]!; rank++) {
    const dummy = sheet.rank.length;
    sheet.rank.push(rank);
    sheet.width.push(0);
    sheet.height.push(0);
    sheet.isDummy.push(true);
    sheet.above.push([]);
    sheet.below.push([]);
    path.push(dummy);
  }
  path.push(lower);
  for (let i = 0; i + 1 < path.length; i++) {
    const a = path[i]!;
    const b = path[i + 1]!;
    const index = sheet.segments.length;
    sheet.segments.push({
      upper: a,
      lower: b,
      upperOffset: i === 0 ? (reversed ? link.targetOffset : link.sourceOffset) : 0,
      lowerOffset: i + 2 === path.length ? (reversed ? link.sourceOffset : link.targetOffset) : 0,
    });
    sheet.below[a]!.push(index);
    sheet.above[b]!.push(index);
  }
  sheet.chains.push({ path, reversed });
}
