import { bundleFans } from "./bundles";
import { assignColumns } from "./coordinates";
import { buildLayers } from "./layers";
import { orderLayers } from "./order";
import { partsOf, type Part } from "./parts";
import { mainPort, straightenPorts } from "./ports";
import { rankVertices, type Ranking } from "./ranks";
import { routeEdges, type Routed } from "./route";
import { narrowRanks } from "./rows";
import { tighten } from "./tighten";
import { SPACING, type Block, type PlacedBlock, type Point } from "./types";

/** How much wider a block may become to have its main in-port in the middle, in CSS pixels. */
const CENTRING_LIMIT = 96;
const LOOSE_ROW_WIDTH = 520;

/** What is in a block where it stands to each other, before the block's borders are known. */
export interface Contents {
  given: Block;
  block: Block;
  main: Part;
  laid: LaidPart;
  beside: BesideParts;
  loose: number[];
  rows: LooseRows;
  /** The left and right border of the main part and what stands beside it, and their lower border. */
  extent: Range;
  bottom: number;
}

/** What a block's head asks of its borders. */
export type Frame = Pick<Block, "minWidth" | "minHeight" | "clearLeft">;

interface Range {
  low: number;
  high: number;
}

/**
 * Lays out the contents of one group in layers from top to bottom.
 *
 * Edges run with right angles and touch no box but their own ends. The same block always gives the
 * same result. Parts that no edge joins to the rest stand right of it, and boxes without any edge in
 * rows below.
 */
export function layoutBlock(block: Block): PlacedBlock {
  return frameContents(layContents(block), block);
}

/** Everything about a layout that the block's `Frame` does not change. */
export function layContents(given: Block): Contents {
  const block = bundleFans(given);
  const { main, others, loose } = partsOf(block);
  const laid = layoutPart(main.block);
  const { ranking, x, routed } = laid;
  const extent = extentOf(main.block, x, routed.routes);
  const beside = placeBeside(others, {
    left: extent.high + SPACING.boxToLine,
    top: topOf(main.block, ranking, routed.rankCentre),
    height: routed.height - block.inset.top - block.inset.bottom,
  });
  extent.high = Math.max(extent.high, beside.right);
  const bottom = Math.max(routed.height, beside.bottom + block.inset.bottom);
  const rows = placeLoose(block, loose, extent, bottom, main.vertices.length > 0);
  return { given, block, main, laid, beside, loose, rows, extent, bottom };
}

/** Draws the borders around what is laid out. */
export function frameContents({ given, block, main, laid, beside, loose, rows, extent, bottom }: Contents, frame: Frame): PlacedBlock {
  const { ranking, x, routed, crossings } = laid;
  const within = { low: Math.min(extent.low, rows.low), high: Math.max(extent.high, rows.high) };
  const sides = sidesOf(main.block, ranking, x, within, frame);
  const needed = Math.max(bottom, rows.bottom + block.inset.bottom);
  const height = Math.max(needed, frame.minHeight);
  const drop = (height - needed) / 2;
  const shifted = ([px, py]: Point): Point => [px + sides.shift, py + drop];
  const centres: Point[] = block.vertices.map(() => [0, 0]);
  const routes: Point[][] = block.edges.map(() => []);
  main.vertices.forEach((vertex, i) => (centres[vertex] = shifted([x[i]!, routed.rankCentre[ranking.rank[i]!]!])));
  main.edges.forEach((edge, i) => (routes[edge] = routed.routes[i]!.map(shifted)));
  const forks = routed.forks.map(({ net, at }) => ({ net, at: shifted(at) }));
  for (const { part, placed, at } of beside.parts) {
    const moved = ([px, py]: Point): Point => shifted([px + at[0], py + at[1]]);
    part.vertices.forEach((vertex, i) => (centres[vertex] = moved(placed.centres[i]!)));
    part.edges.forEach((edge, i) => (routes[edge] = placed.routes[i]!.map(moved)));
    forks.push(...placed.forks.map(({ net, at: place }) => ({ net, at: moved(place) })));
  }
  loose.forEach((vertex, i) => (centres[vertex] = shifted(rows.centres[i]!)));
  pinPorts(block, height, centres, routes);
  const tensorOf = new Map(block.edges.map((edge, i) => [edge.net, given.edges[i]!.net]));
  return {
    width: sides.width,
    height,
    centres,
    routes,
    forks: forks.map(({ net, at }) => ({ net: tensorOf.get(net)!, at })),
    crossings: beside.parts.reduce((sum, { placed }) => sum + placed.crossings, crossings),
  };
}

interface LaidPart {
  ranking: Ranking;
  x: Float64Array;
  routed: Routed;
  crossings: number;
}

/** Columns, heights and routes of boxes that hang together. */
function layoutPart(block: Block): LaidPart {
  const ranking = narrowRanks(block, rankVertices(block));
  const layered = buildLayers(block, ranking);
  const { layers, crossings } = orderLayers(layered, block.portsStay);
  const x = assignColumns(layered, layers);
  tighten(layered, layers, x);
  straightenPorts({ block, ranking, layered, layers }, x);
  const routed = routeEdges({ block, ranking, layered, layers, x });
  return { ranking, x, routed, crossings };
}

/** Ports, and the ends of lines there, go on the block's upper and lower border. */
function pinPorts(block: Block, height: number, centres: Point[], routes: Point[][]): void {
  block.vertices.forEach(({ role }, i) => {
    if (role !== "item") centres[i]![1] = role === "in" ? 0 : height;
  });
  block.edges.forEach((edge, i) => {
    if (block.vertices[edge.source]!.role === "in") routes[i]![0]![1] = 0;
    if (block.vertices[edge.target]!.role === "out") routes[i]!.at(-1)![1] = height;
  });
}

/** Where the highest box of a part begins. */
function topOf(block: Block, { rank }: Ranking, rankCentre: number[]): number {
  let top = Infinity;
  block.vertices.forEach(({ role, height }, i) => {
    if (role === "item") top = Math.min(top, rankCentre[rank[i]!]! - height / 2);
  });
  return Number.isFinite(top) ? top : block.inset.top + SPACING.ranks;
}

interface BesideParts {
  parts: { part: Part; placed: PlacedBlock; at: Point }[];
  right: number;
  bottom: number;
}

/** Lays out parts by themselves and stacks them in columns, about as high as what they stand beside. */
function placeBeside(parts: Part[], { left, top, height }: { left: number; top: number; height: number }): BesideParts {
  const inset = { top: 0, left: 0, right: 0, bottom: 0 };
  const sized = parts.map((part) => ({ part, placed: layoutBlock({ ...part.block, inset, minWidth: 0, minHeight: 0 }) }));
  const area = sized.reduce((sum, { placed }) => sum + (placed.width + SPACING.boxes) * (placed.height + SPACING.ranks), 0);
  const limit = Math.max(height, Math.sqrt(area));
  const found: BesideParts = { parts: [], right: -Infinity, bottom: 0 };
  let [x, y] = [left, top];
  for (const { part, placed } of sized) {
    if (y > top && y + placed.height > top + limit) [x, y] = [found.right + SPACING.boxToLine, top];
    const above = Math.min(...part.block.vertices.map(({ height: tall }, i) => placed.centres[i]![1] - tall / 2));
    found.parts.push({ part, placed, at: [x, y - above] });
    found.right = Math.max(found.right, x + placed.width);
    y += placed.height + SPACING.ranks;
    found.bottom = Math.max(found.bottom, y - SPACING.ranks);
  }
  return found;
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
  extent: Range,
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

function extentOf(block: Block, x: Float64Array, routes: Point[][]): Range {
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
  { low, high }: Range,
  { minWidth, clearLeft }: Frame,
): { width: number; shift: number } {
  const { left, right } = block.inset;
  const width = Math.max(high - low + left + right, minWidth);
  const middle = (width + left - right - high - low) / 2;
  const main = mainPort(block, "in", ranking);
  if (main === undefined) return { width, shift: middle };
  const ports = block.vertices.flatMap((vertex, i) => (vertex.role === "in" ? [x[i]!] : []));
  const first = x[main]!;
  const half = Math.max(first - low + left, high - first + right);
  const centred = Math.max(width, 2 * half);
  if (centred - width <= CENTRING_LIMIT) return { width: centred, shift: centred / 2 - first };
  const shift = Math.max(middle, clearLeft - Math.min(...ports));
  return { width: Math.max(width, high + shift + right), shift };
}
