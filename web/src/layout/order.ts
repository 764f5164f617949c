import type { Layered, Segment } from "./layers";

/** How often ranks are sorted, and how often in vain, from the first start; from others half as often. */
const MAX_SWEEPS = 12;
const MAX_FRUITLESS_SWEEPS = 4;
const MAX_TRANSPOSE_ROUNDS = 6;

/** How the first order of the ranks is made: by length of the way on, that mirrored, or by ports. */
type Start = "longest left" | "longest right" | "as ports stand";

const STARTS: readonly Start[] = ["longest left", "as ports stand", "longest right"];

/** What part of the crossings another order must save to be taken for that of the closed groups. */
const WORTH_CHANGE = 0.25;

/**
 * Vertices of each rank from left to right, so that few edges cross. The same input, the same order.
 *
 * The order is first looked for as if all groups were closed. That of the ports of open ones changes
 * it only where it saves enough crossings, so boxes keep their places when a group opens or closes.
 * With `endsStay`, the first and last rank keep the order in which their vertices are numbered.
 */
export function orderLayers(layered: Layered, endsStay: boolean): Order {
  const closed = withoutOffsets(layered);
  const settled = bestOrder(closed, endsStay);
  if (closed === layered) return settled;
  const kept = untangle(layered, settled.layers, endsStay);
  if (kept.crossings === 0) return kept;
  const fresh = bestOrder(layered, endsStay);
  return fresh.crossings < kept.crossings * (1 - WORTH_CHANGE) ? fresh : kept;
}

/** Begins with the longest way at the left; only where crossings are left are other starts tried. */
function bestOrder(layered: Layered, endsStay: boolean): Order {
  let best: Order = { layers: [], crossings: Infinity };
  for (const start of STARTS) {
    const layers = initialOrder(layered, start);
    if (endsStay) for (const end of [layers[0]!, layers.at(-1)!]) end.sort((a, b) => a - b);
    const found = untangle(layered, layers, endsStay, start === STARTS[0] ? 1 : 0.5);
    if (found.crossings < best.crossings) best = found;
    if (best.crossings === 0) break;
  }
  return best;
}

/** The same with all lines from and to the middles of vertices; itself, if it is so already. */
function withoutOffsets(layered: Layered): Layered {
  if (layered.down.every((pieces) => pieces.every(({ exitShare, entryShare }) => exitShare === 0 && entryShare === 0))) {
    return layered;
  }
  const centred = new Map<Segment, Segment>();
  for (const pieces of layered.down) {
    for (const piece of pieces) centred.set(piece, { ...piece, exitShare: 0, entryShare: 0 });
  }
  const all = (lists: Segment[][]): Segment[][] => lists.map((pieces) => pieces.map((piece) => centred.get(piece)!));
  return { ...layered, down: all(layered.down), up: all(layered.up) };
}

/** Vertices of each rank from left to right, and how often edges cross. */
interface Order {
  layers: number[][];
  crossings: number;
}

/** Sorts ranks by their neighbours, again and again, and gives the best order on the way. */
function untangle(layered: Layered, given: number[][], endsStay: boolean, effort = 1): Order {
  const layers = given.map((layer) => [...layer]);
  const movable = endsStay ? layers.slice(1, -1) : layers;
  const position = new Float64Array(layered.rank.length);
  for (const layer of layers) layer.forEach((vertex, i) => (position[vertex] = i));
  let best = given;
  let fewest = countCrossings(layered, layers, position);
  let fruitless = 0;
  for (let sweep = 0; sweep < MAX_SWEEPS * effort && fewest > 0 && fruitless < MAX_FRUITLESS_SWEEPS * effort; sweep++) {
    sortByNeighbours(layered, movable, position, sweep);
    transpose(layered, movable, position);
    const crossings = countCrossings(layered, layers, position);
    fruitless++;
    if (crossings >= fewest) continue;
    fewest = crossings;
    best = layers.map((layer) => [...layer]);
    fruitless = 0;
  }
  return { layers: best, crossings: fewest };
}

/** Means of the vertices' neighbours: room that is used again and again. */
let means = new Float64Array(256);

function roomFor(count: number): Float64Array {
  if (count > means.length) means = new Float64Array(2 * count);
  return means;
}

/** Where the segments below one rank leave and end, sorted: room that is used again and again. */
let ends: Float64Array = new Float64Array(256);
let exits: Float64Array = new Float64Array(256);
const SHORT = 24;

/** How often edges cross, with vertices at these positions in their ranks. */
export function countCrossings(layered: Layered, layers: number[][], position: Float64Array): number {
  if (layered.segmentCount > ends.length) [ends, exits] = [new Float64Array(layered.segmentCount), new Float64Array(layered.segmentCount)];
  let crossings = 0;
  for (const layer of layers) {
    let count = 0;
    for (const vertex of layer) {
      const first = count;
      for (const piece of layered.down[vertex]!) {
        const [exit, entry] = [piece.exitShare, position[piece.lower]! + piece.entryShare];
        let at = count++;
        for (; at > first && (exits[at - 1]! > exit || (exits[at - 1] === exit && ends[at - 1]! > entry)); at--) {
          exits[at] = exits[at - 1]!;
          ends[at] = ends[at - 1]!;
        }
        exits[at] = exit;
        ends[at] = entry;
      }
    }
    if (count > 1) crossings += count <= SHORT ? countByInsertion(ends, count) : countByMerging(ends.slice(0, count));
  }
  return crossings;
}

/** Depth first from the top: what is met first stands left, or right where the start is mirrored. */
function initialOrder(layered: Layered, start: Start): number[][] {
  const layers: number[][] = Array.from({ length: layered.rankCount }, () => []);
  const seen = new Uint8Array(layered.rank.length);
  const { reach, rank } = layered;
  const byReach = (a: Segment, b: Segment): number => reach[a.lower]! - reach[b.lower]! || b.lower - a.lower;
  const byPort = (a: Segment, b: Segment): number => b.exitShare - a.exitShare || byReach(a, b);
  const byRank: number[][] = Array.from({ length: layered.rankCount }, () => []);
  rank.forEach((at, vertex) => byRank[at]!.push(vertex));
  for (const first of byRank.flat()) {
    const waiting = [first];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (seen[at]) continue;
      seen[at] = 1;
      layers[rank[at]!]!.push(at);
      const pieces = layered.down[at]!;
      const sorted = pieces.length > 1 ? [...pieces].sort(start === "as ports stand" ? byPort : byReach) : pieces;
      for (const piece of sorted) waiting.push(piece.lower);
    }
  }
  if (start === "longest right") for (const layer of layers) layer.reverse();
  return layers;
}

/** One pass, downward or upward in turn, that sorts each rank by the mean place of its neighbours. */
function sortByNeighbours(layered: Layered, layers: number[][], position: Float64Array, sweep: number): void {
  const downward = sweep % 2 === 0;
  const tieSign = Math.floor(sweep / 2) % 2 === 1 ? -1 : 1;
  const mean = roomFor(position.length);
  const byMean = (a: number, b: number): number => mean[a]! - mean[b]! || tieSign * (position[a]! - position[b]!);
  for (let i = 0; i < layers.length; i++) {
    const layer = layers[downward ? i : layers.length - 1 - i]!;
    if (layer.length < 2) continue;
    const pieces = downward ? layered.up : layered.down;
    const movable: number[] = [];
    for (const vertex of layer) {
      const own = pieces[vertex]!;
      if (own.length === 0) continue;
      let sum = 0;
      for (const piece of own) sum += placeOf(piece, downward, position);
      mean[vertex] = sum / own.length;
      movable.push(vertex);
    }
    sortNearly(movable, byMean);
    let next = 0;
    for (let at = 0; at < layer.length; at++) {
      if (pieces[layer[at]!]!.length > 0) layer[at] = movable[next++]!;
    }
    layer.forEach((vertex, at) => (position[vertex] = at));
  }
}

/** Sorts what is mostly in order already: where little moves, by insertion. */
function sortNearly(list: number[], compare: (a: number, b: number) => number): void {
  if (list.length > SHORT) return void list.sort(compare);
  for (let i = 1; i < list.length; i++) {
    const member = list[i]!;
    let at = i;
    for (; at > 0 && compare(list[at - 1]!, member) > 0; at--) list[at] = list[at - 1]!;
    list[at] = member;
  }
}

/** Where a piece leaves the upper rank, or enters the lower one. */
function placeOf(piece: Segment, above: boolean, position: Float64Array): number {
  return above ? position[piece.upper]! + piece.exitShare : position[piece.lower]! + piece.entryShare;
}

/** Swaps neighbours in a rank while that removes crossings. */
function transpose(layered: Layered, layers: number[][], position: Float64Array): void {
  for (let round = 0; round < MAX_TRANSPOSE_ROUNDS; round++) {
    let improved = false;
    for (const layer of layers) {
      for (let i = 0; i + 1 < layer.length; i++) {
        const [left, right] = [layer[i]!, layer[i + 1]!];
        const gain =
          swapGain(layered.up[left]!, layered.up[right]!, true, position) +
          swapGain(layered.down[left]!, layered.down[right]!, false, position);
        if (gain <= 0) continue;
        layer[i] = right;
        layer[i + 1] = left;
        position[right] = i;
        position[left] = i + 1;
        improved = true;
      }
    }
    if (!improved) return;
  }
}

/** How many crossings less there are on one side of two neighbours when they change places. */
function swapGain(left: Segment[], right: Segment[], above: boolean, position: Float64Array): number {
  let gain = 0;
  for (const a of left) {
    const place = placeOf(a, above, position);
    for (const b of right) gain += Math.sign(place - placeOf(b, above, position));
  }
  return gain;
}

/** Pairs that stand in the wrong order, by merge sort. Sorts `values`. */
function countByMerging(values: Float64Array): number {
  let inversions = 0;
  let from: Float64Array = values;
  let into: Float64Array = new Float64Array(values.length);
  for (let run = 1; run < values.length; run *= 2) {
    for (let start = 0; start < values.length; start += 2 * run) {
      const middle = Math.min(start + run, values.length);
      const end = Math.min(start + 2 * run, values.length);
      let [left, right] = [start, middle];
      for (let at = start; at < end; at++) {
        if (left < middle && (right >= end || from[left]! <= from[right]!)) into[at] = from[left++]!;
        else {
          inversions += middle - left;
          into[at] = from[right++]!;
        }
      }
    }
    [from, into] = [into, from];
  }
  return inversions;
}

/** The same of the first `count` values, faster where they are few. */
function countByInsertion(values: Float64Array, count: number): number {
  let inversions = 0;
  for (let i = 1; i < count; i++) {
    const value = values[i]!;
    let at = i;
    for (; at > 0 && values[at - 1]! > value; at--) values[at] = values[at - 1]!;
    values[at] = value;
    inversions += i - at;
  }
  return inversions;
}
