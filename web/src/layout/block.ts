import { assignColumns } from "./coordinates";
import { buildLayers } from "./layers";
import { orderLayers } from "./order";
import { rankVertices } from "./ranks";
import { routeEdges } from "./route";
import { SPACING, type Block, type PlacedBlock, type Point } from "./types";

/** How much wider a block may become to have its first in-port in the middle, in CSS pixels. */
const CENTRING_LIMIT = 96;
const LOOSE_ROW_WIDTH = 520;

/**
 * Lays out the contents of one group in layers from top to bottom.
 *
 * Edges run with right angles and touch no box but their own ends. The same block always gives the
 * same result. Boxes without any edge are put in rows below the others.
 */
export function layoutBlock(block: Block): PlacedBlock {
  const { linked, loose } = splitLoose(block);
  const ranking = rankVertices(linked.block);
  const layered = buildLayers(linked.block, ranking);
  const layers = orderLayers(layered);
  const x = assignColumns(layered, layers);
  const routed = routeEdges({ block: linked.block, ranking, layered, layers, x });
  const extent = extentOf(linked.block, x, routed.routes);
  const rows = placeLoose(block, loose, extent.high - extent.low);
  const sides = sidesOf(block, linked.block, x, extent, rows.width);

  const centres: Point[] = block.vertices.map(() => [0, 0]);
  linked.original.forEach((vertex, i) => {
    centres[vertex] = [x[i]! + sides.shift, routed.rankCentre[ranking.rank[i]!]!];
  });
  const looseTop = routed.height - block.inset.bottom + (linked.original.length > 0 ? SPACING.ranks : 0);
  loose.forEach((vertex, i) => {
    const [left, top] = rows.places[i]!;
    centres[vertex] = [left + (sides.width - rows.width) / 2, top + looseTop];
  });
  const extra = loose.length > 0 ? looseTop + rows.height + block.inset.bottom - routed.height : 0;
  const height = routed.height + Math.max(0, extra);
  const shifted = ([px, py]: Point): Point => [px + sides.shift, py];
  const routes = routed.routes.map((route) => route.map(shifted));
  block.vertices.forEach((vertex, i) => {
    if (vertex.role === "out") centres[i]![1] = height;
  });
  block.edges.forEach((edge, i) => {
    if (block.vertices[edge.target]!.role === "out") routes[i]!.at(-1)![1] = height;
  });
  const forks = routed.forks.map(({ net, at }) => ({ net, at: shifted(at) }));
  return { width: sides.width, height, centres, routes, forks };
}

/** Takes boxes without edges out of a block. */
function splitLoose(block: Block): { linked: { block: Block; original: number[] }; loose: number[] } {
  const used = new Set(block.edges.flatMap((edge) => [edge.source, edge.target]));
  const original: number[] = [];
  const loose: number[] = [];
  block.vertices.forEach((vertex, i) => (used.has(i) || vertex.role !== "item" ? original : loose).push(i));
  const renamed = new Map(original.map((vertex, i) => [vertex, i]));
  const vertices = original.map((vertex) => block.vertices[vertex]!);
  const edges = block.edges.map((edge) => ({
    ...edge,
    source: renamed.get(edge.source)!,
    target: renamed.get(edge.target)!,
  }));
  return { linked: { block: { ...block, vertices, edges }, original }, loose };
}

/** Rows of boxes from left to right, their centres measured from the rows' upper left corner. */
function placeLoose(
  block: Block,
  loose: number[],
  besideWidth: number,
): { places: Point[]; width: number; height: number } {
  const limit = Math.max(besideWidth, LOOSE_ROW_WIDTH);
  const places: Point[] = [];
  let [left, top, rowHeight, widest] = [0, 0, 0, 0];
  for (const vertex of loose) {
    const { width, height } = block.vertices[vertex]!;
    if (left > 0 && left + width > limit) {
      top += rowHeight + SPACING.ranks;
      left = 0;
      rowHeight = 0;
    }
    places.push([left + width / 2, top + height / 2]);
    rowHeight = Math.max(rowHeight, height);
    widest = Math.max(widest, left + width);
    left += width + SPACING.boxes;
  }
  return { places, width: widest, height: top + rowHeight };
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
 * The first in-port goes in the middle if that costs little width. Else the in-ports stay clear of
 * the words at the left.
 */
function sidesOf(
  block: Block,
  linked: Block,
  x: Float64Array,
  { low, high }: { low: number; high: number },
  rowWidth: number,
): { width: number; shift: number } {
  const { side } = block.inset;
  const width = Math.max(Math.max(high - low, rowWidth) + 2 * side, block.minWidth);
  const middle = (width - high - low) / 2;
  const ports = linked.vertices.flatMap((vertex, i) => (vertex.role === "in" ? [x[i]!] : []));
  const [first] = ports;
  if (first === undefined) return { width, shift: middle };
  const half = Math.max(first - low, high - first) + side;
  const centred = Math.max(width, 2 * half);
  if (centred - width <= CENTRING_LIMIT) return { width: centred, shift: centred / 2 - first };
  const shift = Math.max(middle, block.clearLeft - Math.min(...ports));
  return { width: Math.max(width, high + shift + side), shift };
}
