import { isBend, separation, type Layered, type Segment } from "./layers";

/** One of the four ways to align: from which side, and which way neighbours are preferred. */
interface Direction {
  upward: boolean;
  mirrored: boolean;
}

/** Chains of vertices that share one straight line; `shift` is a vertex's distance from its root. */
interface Alignment {
  root: Int32Array;
  shift: Float64Array;
}

/** A placement this much wider than its widest rank is tried again with fewer straight lines. */
const WIDE = 1.2;
/** What a second try must save to be taken. */
const WORTH_BENDS = 0.85;

/**
 * Horizontal centres of all vertices, in CSS pixels, that keep edges straight.
 *
 * Method: U. Brandes, B. Koepf, "Fast and Simple Horizontal Coordinate Assignment" (GD 2001), with
 * ports as in U. Rueegg et al., "Size- and Port-Aware Horizontal Node Coordinate Assignment"
 * (GD 2015). Long edges never bend the line between two boxes. Where straight lines cost much width,
 * only the longest ways through the block and the inner pieces of long edges stay straight.
 */
export function assignColumns(layered: Layered, layers: number[][]): Float64Array {
  const straight = straightenable(layered, layers);
  const first = placeWith(layered, layers, straight);
  const width = widthOf(layered, first);
  if (width <= WIDE * packedWidth(layered, layers)) return first;
  const second = placeWith(layered, layers, essential(layered, straight));
  return widthOf(layered, second) < WORTH_BENDS * width ? second : first;
}

function placeWith(layered: Layered, layers: number[][], straight: Set<Segment>): Float64Array {
  const tries: Float64Array[] = [];
  for (const upward of [false, true]) {
    for (const mirrored of [false, true]) {
      const direction = { upward, mirrored };
      tries.push(compact(layered, layers, align(layered, layers, straight, direction), mirrored));
    }
  }
  return middleOf(layered, tries);
}

/** Of the segments that may be straight, those on a longest way and those between two bends. */
function essential(layered: Layered, straight: Set<Segment>): Set<Segment> {
  const through = layered.depth.map((depth, vertex) => depth + layered.reach[vertex]!);
  const longest = through.reduce((most, length) => Math.max(most, length), 0);
  const kept = new Set<Segment>();
  for (const segment of straight) {
    const { upper, lower } = segment;
    const isInner = isBend(layered, upper) && isBend(layered, lower);
    if (isInner || (through[upper] === longest && through[lower] === longest)) kept.add(segment);
  }
  return kept;
}

/** How wide the widest rank is if its vertices stand as close as they may. */
function packedWidth(layered: Layered, layers: number[][]): number {
  let widest = 0;
  for (const layer of layers) {
    if (layer.length === 0) continue;
    let width = (layered.width[layer[0]!]! + layered.width[layer.at(-1)!]!) / 2;
    for (let i = 1; i < layer.length; i++) width += separation(layered, layer[i - 1]!, layer[i]!);
    widest = Math.max(widest, width);
  }
  return widest;
}

function widthOf(layered: Layered, columns: Float64Array): number {
  const { low, high } = extentOf(layered, columns);
  return high - low;
}

function extentOf(layered: Layered, columns: Float64Array): { low: number; high: number } {
  let [low, high] = [Infinity, -Infinity];
  columns.forEach((x, vertex) => {
    low = Math.min(low, x - layered.width[vertex]! / 2);
    high = Math.max(high, x + layered.width[vertex]! / 2);
  });
  return { low, high };
}

/** The segments that may be drawn straight: see `preferred`, and no box edge cuts a long edge. */
function straightenable(layered: Layered, layers: number[][]): Set<Segment> {
  const kept = new Set<Segment>();
  for (const pieces of layered.down) {
    for (const piece of preferred(layered, pieces, layered.reach, (one) => one.lower)) kept.add(piece);
  }
  for (const pieces of layered.up) {
    const fromAbove = new Set(preferred(layered, pieces, layered.depth, (one) => one.upper));
    for (const piece of pieces) if (!fromAbove.has(piece)) kept.delete(piece);
  }
  for (const piece of cutsThroughLongEdge(layered, layers)) kept.delete(piece);
  return kept;
}

/** Boxes go before bends, and of boxes those on the longest way; a bend prefers a bend. */
function preferred(layered: Layered, pieces: Segment[], length: number[], other: (piece: Segment) => number): Segment[] {
  if (pieces.length < 2) return pieces;
  const self = pieces[0]!.upper === other(pieces[0]!) ? pieces[0]!.lower : pieces[0]!.upper;
  const alike = pieces.filter((piece) => isBend(layered, other(piece)) === isBend(layered, self));
  const candidates = alike.length > 0 ? alike : pieces;
  const furthest = candidates.reduce((most, piece) => Math.max(most, length[other(piece)]!), -1);
  return candidates.filter((piece) => length[other(piece)] === furthest);
}

/** Segments with a box at one end that cross a segment between two bends. */
function cutsThroughLongEdge(layered: Layered, layers: number[][]): Segment[] {
  const position = positionsOf(layered, layers);
  const cuts: Segment[] = [];
  for (let rank = 0; rank + 1 < layers.length; rank++) {
    const lower = layers[rank + 1]!;
    let [leftBound, scanned] = [-1, 0];
    for (let i = 0; i < lower.length; i++) {
      const inner = isBend(layered, lower[i]!)
        ? layered.up[lower[i]!]!.find((piece) => isBend(layered, piece.upper))
        : undefined;
      if (!inner && i < lower.length - 1) continue;
      const rightBound = inner ? position[inner.upper]! : layers[rank]!.length;
      for (; scanned <= i; scanned++) {
        for (const piece of layered.up[lower[scanned]!]!) {
          const at = position[piece.upper]!;
          const isInner = isBend(layered, piece.upper) && isBend(layered, piece.lower);
          if (!isInner && (at < leftBound || at > rightBound)) cuts.push(piece);
        }
      }
      leftBound = rightBound;
    }
  }
  return cuts;
}

function positionsOf(layered: Layered, layers: number[][]): Int32Array {
  const position = new Int32Array(layered.rank.length);
  for (const layer of layers) layer.forEach((vertex, i) => (position[vertex] = i));
  return position;
}

/** Aligns each vertex with the median of its neighbours on one side, where no line is crossed. */
function align(layered: Layered, layers: number[][], straight: Set<Segment>, way: Direction): Alignment {
  const count = layered.rank.length;
  const root = Int32Array.from({ length: count }, (_, vertex) => vertex);
  const shift = new Float64Array(count);
  const position = positionsOf(layered, layers);
  const ordered = way.upward ? [...layers].reverse() : layers;
  const sign = way.mirrored ? -1 : 1;
  for (const layer of ordered) {
    let lastUsed = -Infinity;
    for (const vertex of way.mirrored ? [...layer].reverse() : layer) {
      const pieces = (way.upward ? layered.down : layered.up)[vertex]!.filter((piece) => straight.has(piece));
      const other = (piece: Segment): number => (way.upward ? piece.lower : piece.upper);
      const place = (piece: Segment): number =>
        sign * (position[other(piece)]! + (way.upward ? piece.entry : piece.exit) / (layered.width[other(piece)]! + 1));
      pieces.sort((a, b) => place(a) - place(b));
      const middle = (pieces.length - 1) / 2;
      for (const choice of new Set([Math.floor(middle), Math.ceil(middle)])) {
        const piece = pieces[choice];
        if (!piece || root[vertex] !== vertex || lastUsed >= sign * position[other(piece)]!) continue;
        root[vertex] = root[other(piece)]!;
        const [near, far] = way.upward ? [piece.exit, piece.entry] : [piece.entry, piece.exit];
        shift[vertex] = shift[other(piece)]! + far - near;
        lastUsed = sign * position[other(piece)]!;
      }
    }
  }
  return { root, shift };
}

/** Moves the aligned chains as far together as their neighbours allow. */
function compact(layered: Layered, layers: number[][], { root, shift }: Alignment, mirrored: boolean): Float64Array {
  const count = layered.rank.length;
  const [before, after] = [neighbours(count), neighbours(count)];
  const sign = mirrored ? -1 : 1;
  for (const layer of layers) {
    const row = mirrored ? [...layer].reverse() : layer;
    for (let i = 1; i < row.length; i++) {
      const [near, far] = [row[i - 1]!, row[i]!];
      const apart = separation(layered, near, far) + sign * (shift[near]! - shift[far]!);
      before[root[far]!]!.push([root[near]!, apart]);
      after[root[near]!]!.push([root[far]!, apart]);
    }
  }
  const place = new Float64Array(count);
  const missing = before.map((list) => list.length);
  const sorted: number[] = [];
  for (let vertex = 0; vertex < count; vertex++) {
    if (root[vertex] === vertex && missing[vertex] === 0) sorted.push(vertex);
  }
  for (let i = 0; i < sorted.length; i++) {
    const at = sorted[i]!;
    for (const [next, apart] of after[at]!) {
      place[next] = Math.max(place[next]!, place[at]! + apart);
      if (--missing[next]! === 0) sorted.push(next);
    }
  }
  for (const at of sorted.reverse()) {
    if (before[at]!.length === 0 || after[at]!.length === 0) continue;
    const room = Math.min(...after[at]!.map(([next, apart]) => place[next]! - apart));
    place[at] = Math.max(place[at]!, room);
  }
  return Float64Array.from(root, (top, vertex) => sign * place[top]! + shift[vertex]!);
}

function neighbours(count: number): [number, number][][] {
  return Array.from({ length: count }, () => []);
}

/** The mean of the two middle ones of four placements, each moved to line up with the narrowest. */
function middleOf(layered: Layered, tries: Float64Array[]): Float64Array {
  const extents = tries.map((columns) => extentOf(layered, columns));
  const narrowest = extents.reduce((a, b) => (b.high - b.low < a.high - a.low ? b : a));
  const moved = tries.map((columns, i) => {
    const mirrored = i % 2 === 1;
    const by = mirrored ? narrowest.high - extents[i]!.high : narrowest.low - extents[i]!.low;
    return columns.map((x) => x + by);
  });
  return moved[0]!.map((_, vertex) => {
    const sorted = moved.map((columns) => columns[vertex]!).sort((a, b) => a - b);
    return (sorted[1]! + sorted[2]!) / 2;
  });
}
