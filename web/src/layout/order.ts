import type { Layered, Segment } from "./layers";

const MAX_SWEEPS = 12;
const MAX_FRUITLESS_SWEEPS = 4;
const MAX_TRANSPOSE_ROUNDS = 6;

/** Vertices of each rank from left to right, so that few edges cross. The same input, the same order. */
export function orderLayers(layered: Layered): number[][] {
  let layers = initialOrder(layered);
  const position = new Float64Array(layered.rank.length);
  const remember = (): void => layers.forEach((layer) => layer.forEach((vertex, i) => (position[vertex] = i)));
  remember();
  let best = layers.map((layer) => [...layer]);
  let fewest = countCrossings(layered, layers, position);
  let fruitless = 0;
  for (let sweep = 0; sweep < MAX_SWEEPS && fewest > 0 && fruitless < MAX_FRUITLESS_SWEEPS; sweep++) {
    sortByNeighbours(layered, layers, position, sweep);
    transpose(layered, layers, position);
    const crossings = countCrossings(layered, layers, position);
    if (crossings < fewest) {
      fewest = crossings;
      best = layers.map((layer) => [...layer]);
      fruitless = 0;
    } else {
      fruitless++;
    }
  }
  layers = best;
  return layers;
}

/** How often edges cross, with vertices at these positions in their ranks. */
export function countCrossings(layered: Layered, layers: number[][], position: Float64Array): number {
  let crossings = 0;
  for (const layer of layers) {
    const pieces = layer.flatMap((vertex) => layered.down[vertex]!);
    if (pieces.length < 2) continue;
    const ends = pieces
      .map((piece) => [exitKey(layered, position, piece), entryKey(layered, position, piece)] as const)
      .sort((a, b) => a[0] - b[0] || a[1] - b[1])
      .map(([, entry]) => entry);
    crossings += countInversions(ends);
  }
  return crossings;
}

function exitKey(layered: Layered, position: Float64Array, piece: Segment): number {
  return position[piece.upper]! + piece.exit / (layered.width[piece.upper]! + 1);
}

function entryKey(layered: Layered, position: Float64Array, piece: Segment): number {
  return position[piece.lower]! + piece.entry / (layered.width[piece.lower]! + 1);
}

/** Depth first from the top, the longest way on first: the main path stays left, skips go right. */
function initialOrder(layered: Layered): number[][] {
  const layers: number[][] = Array.from({ length: layered.rankCount }, () => []);
  const seen = new Uint8Array(layered.rank.length);
  const starts = layered.rank.map((_, vertex) => vertex);
  starts.sort((a, b) => layered.rank[a]! - layered.rank[b]! || a - b);
  for (const start of starts) {
    const waiting = [start];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (seen[at]) continue;
      seen[at] = 1;
      layers[layered.rank[at]!]!.push(at);
      const next = layered.down[at]!.map((piece) => piece.lower);
      next.sort((a, b) => layered.reach[a]! - layered.reach[b]! || b - a);
      waiting.push(...next);
    }
  }
  return layers;
}

/** One pass, downward or upward in turn, that sorts each rank by the mean place of its neighbours. */
function sortByNeighbours(layered: Layered, layers: number[][], position: Float64Array, sweep: number): void {
  const downward = sweep % 2 === 0;
  const tieRight = Math.floor(sweep / 2) % 2 === 1;
  const ranks = layers.map((_, rank) => rank);
  if (!downward) ranks.reverse();
  for (const rank of ranks) {
    const layer = layers[rank]!;
    const mean = new Map<number, number>();
    for (const vertex of layer) {
      const pieces = downward ? layered.up[vertex]! : layered.down[vertex]!;
      if (pieces.length === 0) continue;
      let sum = 0;
      for (const piece of pieces) sum += (downward ? exitKey : entryKey)(layered, position, piece);
      mean.set(vertex, sum / pieces.length);
    }
    const movable = layer.filter((vertex) => mean.has(vertex));
    movable.sort((a, b) => {
      const tie = position[a]! - position[b]!;
      return mean.get(a)! - mean.get(b)! || (tieRight ? -tie : tie);
    });
    let next = 0;
    layers[rank] = layer.map((vertex) => (mean.has(vertex) ? movable[next++]! : vertex));
    layers[rank]!.forEach((vertex, i) => (position[vertex] = i));
  }
}

/** Swaps neighbours in a rank while that removes crossings. */
function transpose(layered: Layered, layers: number[][], position: Float64Array): void {
  for (let round = 0; round < MAX_TRANSPOSE_ROUNDS; round++) {
    let improved = false;
    for (const layer of layers) {
      for (let i = 0; i + 1 < layer.length; i++) {
        const [left, right] = [layer[i]!, layer[i + 1]!];
        if (swapGain(layered, position, left, right) <= 0) continue;
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

function swapGain(layered: Layered, position: Float64Array, left: number, right: number): number {
  const above = (vertex: number): number[] =>
    layered.up[vertex]!.map((piece) => exitKey(layered, position, piece));
  const below = (vertex: number): number[] =>
    layered.down[vertex]!.map((piece) => entryKey(layered, position, piece));
  return pairGain(above(left), above(right)) + pairGain(below(left), below(right));
}

function pairGain(left: number[], right: number[]): number {
  let gain = 0;
  for (const a of left) for (const b of right) gain += Math.sign(a - b);
  return gain;
}

/** Pairs that stand in the wrong order, by merge sort. Sorts `values`. */
function countInversions(values: number[]): number {
  let inversions = 0;
  let from = values;
  let into = new Array<number>(values.length);
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
