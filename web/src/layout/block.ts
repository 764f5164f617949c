import { bundleFans } from "./bundles";
import { assignColumns } from "./coordinates";
import { buildLayers } from "./layers";
import { orderLayers } from "./order";
import { mainPort, straightenPorts } from "./ports";
import { rankVertices, type Ranking } from "./ranks";
import { routeEdges } from "./route";
import { narrowRanks } from "./rows";
import { tighten } from "./tighten";
import { SPACING, type Block, type PlacedBlock, type Point } from "./types";

/** How much wider a block may become to have its main in-port in the middle, in CSS pixels. */
const CENTRING_LIMIT = 96;
const LOOSE_ROW_WIDTH = 520;

/**
 * Lays out the contents of one group in layers from top to bottom.
 *
 * Edges run with right angles and touch no box but their own ends. The same block always gives the
 * same result. Boxes without any edge are put in rows below the others.
 */
export function layoutBlock(given: Block): PlacedBlock {
  const block = bundleFans(given);
  const { linked, loose } = splitLoose(block);
  const ranking = narrowRanks(linked.block, rankVertices(linked.block));
  const layered = buildLayers(linked.block, ranking);
  const { layers, crossings } = orderLayers(layered, block.portsStay);
  const x = assignColumns(layered, layers);
  tighten(layered, layers, x);
  straightenPorts({ block: linked.block, ranking, layered, layers }, x);
  const routed = routeEdges({ block: linked.block, ranking, layered, layers, x });
  const extent = extentOf(linked.block, x, routed.routes);
  const rows = placeLoose(block, loose, extent, routed.height, linked.original.length > 0);
  const sides = sidesOf(linked.block, ranking, x, {
    low: Math.min(extent.low, rows.low),
    high: Math.max(extent.high, rows.high),
  });

  const centres: Point[] = block.vertices.map(() => [0, 0]);
  linked.original.forEach((vertex, i) => {
    centres[vertex] = [x[i]! + sides.shift, routed.rankCentre[ranking.rank[i]!]!];
  });
  loose.forEach((vertex, i) => {
    const [px, py] = rows.centres[i]!;
    centres[vertex] = [px + sides.shift, py];
  });
  const needed = Math.max(routed.height, rows.bottom + block.inset.bottom);
  const height = Math.max(needed, block.minHeight);
  const drop = (height - needed) / 2;
  const shifted = ([px, py]: Point): Point => [px + sides.shift, py + drop];
  const routes = routed.routes.map((route) => route.map(shifted));
  const forks = routed.forks.map(({ net, at }) => ({ net, at: shifted(at) }));
  block.vertices.forEach((vertex, i) => {
    centres[i]![1] = vertex.role === "in" ? 0 : vertex.role === "out" ? height : centres[i]![1] + drop;
  });
  block.edges.forEach((edge, i) => {
    if (block.vertices[edge.source]!.role === "in") routes[i]![0]![1] = 0;
    if (block.vertices[edge.target]!.role === "out") routes[i]!.at(-1)![1] = height;
  });
  return { width: sides.width, height, centres, routes, forks, crossings };
}

/** Takes boxes without edges out of a block. */
function splitLoose(block: Block): { linked: { block: Block; original: number[] }; loose: number[] } {
  const used = new Uint8Array(block.vertices.length);
  for (const { source, target } of block.edges) used[source] = used[target] = 1;
  const original: number[] = [];
  const loose: number[] = [];
  block.vertices.forEach((vertex, i) => (used[i] || vertex.role !== "item" ? original : loose).push(i));
  if (loose.length === 0) return { linked: { block, original }, loose };
  const renamed = new Map(original.map((vertex, i) => [vertex, i]));
  const vertices = original.map((vertex) => block.vertices[vertex]!);
  const edges = block.edges.map((edge) => ({
    ...edge,
    source: renamed.get(edge.source)!,
    target: renamed.get(edge.target)!,
  }));
  return { linked: { block: { ...block, vertices, edges }, original }, loose };
}

interface LooseRows {
  centres: Point[];
  low: number;
  high: number;
  bottom: number;
}

/** Boxes without edges, in rows: below the others, or right of them where lines leave below. */
function placeLoose(
  block: Block,
  loose: number[],
  extent: { low: number; high: number },
  linkedHeight: number,
  hasLinked: boolean,
): LooseRows {
  if (loose.length === 0) return { centres: [], low: Infinity, high: -Infinity, bottom: 0 };
  const beside = block.vertices.some((vertex) => vertex.role === "out");
  const start = beside ? extent.high + SPACING.boxToLine : extent.low;
  const limit = start + Math.max(LOOSE_ROW_WIDTH, beside ? 0 : extent.high - extent.low);
  const firstTop = hasLinked && !beside ? linkedHeight - block.inset.bottom + SPACING.ranks : block.inset.top + SPACING.ranks;
  const rows: LooseRows = { centres: [], low: start, high: start, bottom: firstTop };
  let [left, top] = [start, firstTop];
  for (const vertex of loose) {
    const { width, height } = block.vertices[vertex]!;
    if (left > start && left + width > limit) {
      top = rows.bottom + SPACING.ranks;
      left = start;
    }
    rows.centres.push([left + width / 2, top + height / 2]);
    rows.high = Math.max(rows.high, left + width);
    rows.bottom = Math.max(rows.bottom, top + height);
    left += width + SPACING.boxes;
  }
  return rows;
}

function extentOf(block: Block, x: Float64Array, routes: Point[][]): { low: number; high: number } {
  let [low, high] = [Infinity, -Infinity];
  block.vertices.forEach((vertex, i) => {
    low = Math.min(low, x[i]! - vertex.width / 2);
    high = Math.max(high, x[i]! + vertex.width / 2);
  });
  for (const route of routes) {
    for (const [px] of route) {
      low = Math.min(low, px);
      high = Math.max(high, px);
    }
  }
  return low <= high ? { low, high } : { low: 0, high: 0 };
}

/**
 * The block's width, and how far its contents move right.
 *
 * The main in-port goes in the middle if that costs little width. Else the in-ports stay clear of
 * the words at the left.
 */
function sidesOf(
  block: Block,
  ranking: Ranking,
  x: Float64Array,
  { low, high }: { low: number; high: number },
): { width: number; shift: number } {
  const { left, right } = block.inset;
  const width = Math.max(high - low + left + right, block.minWidth);
  const middle = (width + left - right - high - low) / 2;
  const main = mainPort(block, "in", ranking);
  if (main === undefined) return { width, shift: middle };
  const ports = block.vertices.flatMap((vertex, i) => (vertex.role === "in" ? [x[i]!] : []));
  const first = x[main]!;
  const half = Math.max(first - low + left, high - first + right);
  const centred = Math.max(width, 2 * half);
  if (centred - width <= CENTRING_LIMIT) return { width: centred, shift: centred / 2 - first };
  const shift = Math.max(middle, block.clearLeft - Math.min(...ports));
  return { width: Math.max(width, high + shift + right), shift };
}
