import { isBend, separation, type Layered, type Segment } from "./layers";

/** One of the four ways to align: from which side, and which way neighbours are preferred. */
interface Direction {
  upward: boolean;
  mirrored: boolean;
}

/** One mark for each segment, by its id. */
type Flags = Uint8Array;

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
  const position = positionsOf(layered, layers);
  const straight = straightenable(layered, layers, position);
  const first = placeWith(layered, layers, position, straight);
  const width = widthOf(layered, first);
  if (width <= WIDE * packedWidth(layered, layers)) return first;
  const second = placeWith(layered, layers, position, essential(layered, straight));
  return widthOf(layered, second) < WORTH_BENDS * width ? second : first;
}

function placeWith(layered: Layered, layers: number[][], position: Int32Array, straight: Flags): Float64Array {
  const tries: Float64Array[] = [];
  for (const upward of [false, true]) {
    for (const mirrored of [false, true]) {
      const alignment = align(layered, layers, { position, straight, upward, mirrored });
      tries.push(compact(layered, layers, alignment, mirrored));
    }
  }
  return middleOf(layered, tries);
}

/** Of the segments that may be straight, those on a longest way and those between two bends. */
function essential(layered: Layered, straight: Flags): Flags {
  const through = layered.depth.map((depth, vertex) => depth + layered.reach[vertex]!);
  const longest = through.reduce((most, length) => Math.max(most, length), 0);
  const kept = new Uint8Array(straight.length);
  for (const pieces of layered.down) {
    for (const { id, upper, lower } of pieces) {
      const isInner = isBend(layered, upper) && isBend(layered, lower);
      if (isInner || (through[upper] === longest && through[lower] === longest)) kept[id] = straight[id]!;
    }
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
  for (let vertex = 0; vertex < columns.length; vertex++) {
    const half = layered.width[vertex]! / 2;
    low = Math.min(low, columns[vertex]! - half);
    high = Math.max(high, columns[vertex]! + half);
  }
  return { low, high };
}

/** The segments that may be drawn straight: see `preferred`, and no box edge cuts a long edge. */
function straightenable(layered: Layered, layers: number[][], position: Int32Array): Flags {
  const fromBelow = new Uint8Array(layered.segmentCount);
  const fromAbove = new Uint8Array(layered.segmentCount);
  layered.down.forEach((pieces, upper) => preferred(layered, pieces, upper, layered.reach, fromAbove));
  layered.up.forEach((pieces, lower) => preferred(layered, pieces, lower, layered.depth, fromBelow));
  const kept = fromBelow.map((flag, id) => flag & fromAbove[id]!);
  for (const piece of cutsThroughLongEdge(layered, layers, position)) kept[piece.id] = 0;
  return kept;
}

/** Marks the pieces at a vertex that go before: boxes before bends, and of boxes those on the longest way. */
function preferred(layered: Layered, pieces: Segment[], vertex: number, length: number[], marks: Flags): void {
  if (pieces.length === 1) marks[pieces[0]!.id] = 1;
  if (pieces.length < 2) return;
  const other = (piece: Segment): number => piece.upper + piece.lower - vertex;
  const isAlike = (piece: Segment): boolean => isBend(layered, other(piece)) === isBend(layered, vertex);
  const anyAlike = pieces.some(isAlike);
  let furthest = -1;
  for (const piece of pieces) {
    if (!anyAlike || isAlike(piece)) furthest = Math.max(furthest, length[other(piece)]!);
  }
  for (const piece of pieces) {
    if ((!anyAlike || isAlike(piece)) && length[other(piece)] === furthest) marks[piece.id] = 1;
  }
}

/** Segments with a box at one end that cross a segment between two bends. */
function cutsThroughLongEdge(layered: Layered, layers: number[][], position: Int32Array): Segment[] {
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
function align(
  layered: Layered,
  layers: number[][],
  { position, straight, upward, mirrored }: Direction & { position: Int32Array; straight: Flags },
): Alignment {
  const count = layered.rank.length;
  const root = new Int32Array(count);
  for (let vertex = 0; vertex < count; vertex++) root[vertex] = vertex;
  const shift = new Float64Array(count);
  const sign = mirrored ? -1 : 1;
  const other = (piece: Segment): number => (upward ? piece.lower : piece.upper);
  const place = (piece: Segment): number => sign * (position[other(piece)]! + (upward ? piece.entryShare : piece.exitShare));
  const byPlace = (a: Segment, b: Segment): number => place(a) - place(b);
  for (let r = 0; r < layers.length; r++) {
    const layer = layers[upward ? layers.length - 1 - r : r]!;
    let lastUsed = -Infinity;
    for (let i = 0; i < layer.length; i++) {
      const vertex = layer[mirrored ? layer.length - 1 - i : i]!;
      const pieces = (upward ? layered.down : layered.up)[vertex]!.filter((piece) => straight[piece.id]);
      if (pieces.length === 0) continue;
      if (pieces.length > 1) pieces.sort(byPlace);
      for (const choice of [(pieces.length - 1) >> 1, pieces.length >> 1]) {
        const piece = pieces[choice]!;
        const next = other(piece);
        if (root[vertex] !== vertex || lastUsed >= sign * position[next]!) continue;
        root[vertex] = root[next]!;
        shift[vertex] = shift[next]! + (upward ? piece.entry - piece.exit : piece.exit - piece.entry);
        lastUsed = sign * position[next]!;
      }
    }
  }
  return { root, shift };
}

/** Moves the aligned chains as far together as their neighbours allow. Uses `shift` for what it gives. */
function compact(layered: Layered, layers: number[][], { root, shift }: Alignment, mirrored: boolean): Float64Array {
  const apart = distancesBetween(layered, layers, { root, shift }, mirrored);
  const [before, after] = [listsBy(apart.far, root.length), listsBy(apart.near, root.length)];
  const place = new Float64Array(root.length);
  const missing = new Int32Array(root.length);
  for (let vertex = 0; vertex < root.length; vertex++) missing[vertex] = before.start[vertex + 1]! - before.start[vertex]!;
  const sorted: number[] = [];
  for (let vertex = 0; vertex < root.length; vertex++) {
    if (root[vertex] === vertex && missing[vertex] === 0) sorted.push(vertex);
  }
  for (let i = 0; i < sorted.length; i++) {
    const at = sorted[i]!;
    for (let k = after.start[at]!; k < after.start[at + 1]!; k++) {
      const pair = after.members[k]!;
      const next = apart.far[pair]!;
      place[next] = Math.max(place[next]!, place[at]! + apart.by[pair]!);
      if (--missing[next]! === 0) sorted.push(next);
    }
  }
  for (let i = sorted.length - 1; i >= 0; i--) {
    const at = sorted[i]!;
    if (before.start[at] === before.start[at + 1] || after.start[at] === after.start[at + 1]) continue;
    let room = Infinity;
    for (let k = after.start[at]!; k < after.start[at + 1]!; k++) {
      const pair = after.members[k]!;
      room = Math.min(room, place[apart.far[pair]!]! - apart.by[pair]!);
    }
    place[at] = Math.max(place[at]!, room);
  }
  const sign = mirrored ? -1 : 1;
  for (let vertex = 0; vertex < root.length; vertex++) shift[vertex] = sign * place[root[vertex]!]! + shift[vertex]!;
  return shift;
}

/** For each two neighbours in a rank: the roots of their chains, and how far these must be apart. */
interface Distances {
  near: Int32Array;
  far: Int32Array;
  by: Float64Array;
}

function distancesBetween(layered: Layered, layers: number[][], { root, shift }: Alignment, mirrored: boolean): Distances {
  const count = layers.reduce((sum, layer) => sum + Math.max(0, layer.length - 1), 0);
  const found = { near: new Int32Array(count), far: new Int32Array(count), by: new Float64Array(count) };
  let pair = 0;
  for (const layer of layers) {
    for (let i = 1; i < layer.length; i++) {
      const [left, right] = [layer[i - 1]!, layer[i]!];
      found.near[pair] = root[mirrored ? right : left]!;
      found.far[pair] = root[mirrored ? left : right]!;
      found.by[pair++] = separation(layered, left, right) + shift[left]! - shift[right]!;
    }
  }
  return found;
}

/** Which places of `keys` hold each key: those of key `k` are `members` from `start[k]` to `start[k + 1]`. */
function listsBy(keys: Int32Array, keyCount: number): { start: Int32Array; members: Int32Array } {
  const start = new Int32Array(keyCount + 1);
  for (const key of keys) start[key + 1]!++;
  for (let key = 0; key < keyCount; key++) start[key + 1]! += start[key]!;
  const next = start.slice();
  const members = new Int32Array(keys.length);
  for (let place = 0; place < keys.length; place++) members[next[keys[place]!]!++] = place;
  return { start, members };
}

/** The mean of the two middle ones of four placements, each moved to line up with the narrowest. Uses the first for what it gives. */
function middleOf(layered: Layered, tries: Float64Array[]): Float64Array {
  const extents = tries.map((columns) => extentOf(layered, columns));
  const narrowest = extents.reduce((a, b) => (b.high - b.low < a.high - a.low ? b : a));
  const by = extents.map(({ low, high }, i) => (i % 2 === 1 ? narrowest.high - high : narrowest.low - low));
  const [a, b, c, d] = tries as [Float64Array, Float64Array, Float64Array, Float64Array];
  for (let vertex = 0; vertex < a.length; vertex++) {
    const [p, q, r, s] = [a[vertex]! + by[0]!, b[vertex]! + by[1]!, c[vertex]! + by[2]!, d[vertex]! + by[3]!];
    a[vertex] = (p + q + r + s - Math.min(p, q, r, s) - Math.max(p, q, r, s)) / 2;
  }
  return a;
}
