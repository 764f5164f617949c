/** Horizontal positions: straight lines where possible, nothing overlapping, order kept. */

import { GAP, type Sheet } from "./layered";

/** Odd, so that the last sweep runs downwards and leaves chains straight. */
const ROUNDS = 9;
/** A dummy gives way to items, so that the main path stays straight beside a skip connection. */
const DUMMY_WEIGHT = 1e-3;

/** Centre of each item and dummy; the leftmost border is at 0. */
export function assignPositions(sheet: Sheet): Float64Array {
  const x = new Float64Array(sheet.rank.length);
  for (const layer of sheet.layers) packLayer(sheet, layer, x);
  for (let round = 0; round < ROUNDS; round++) {
    const down = round % 2 === 0;
    for (let step = 0; step < sheet.ranks; step++) {
      const layer = sheet.layers[down ? step : sheet.ranks - 1 - step]!;
      alignLayer(sheet, layer, x, down);
    }
  }
  straightenChains(sheet, x);
  let left = Infinity;
  for (let i = 0; i < x.length; i++) left = Math.min(left, x[i]! - sheet.width[i]! / 2);
  for (let i = 0; i < x.length; i++) x[i] = Math.round(x[i]! - left);
  return x;
}

/** Least distance between the centres of two neighbours. */
function distance(sheet: Sheet, left: number, right: number): number {
  const gap = sheet.isDummy[left] || sheet.isDummy[right] ? GAP.lines : GAP.nodes;
  return (sheet.width[left]! + sheet.width[right]!) / 2 + gap;
}

function packLayer(sheet: Sheet, layer: number[], x: Float64Array): void {
  let at = 0;
  layer.forEach((item, index) => {
    if (index > 0) at += distance(sheet, layer[index - 1]!, item);
    x[item] = at;
  });
  for (const item of layer) x[item] = x[item]! - at / 2;
}

function alignLayer(
  sheet: Sheet,
  layer: number[],
  x: Float64Array,
  down: boolean,
): void {
  const wanted = layer.map((item) => {
    const ends = otherEnds(sheet, (down ? sheet.above : sheet.below)[item]!, x, down);
    return ends.length ? weightedMedian(ends) : x[item]!;
  });
  const weights = layer.map((item) => {
    const linked = sheet.above[item]!.length + sheet.below[item]!.length;
    return sheet.isDummy[item] ? DUMMY_WEIGHT : 1 + linked;
  });
  spread(sheet, layer, wanted, weights, x);
}

/** Where the other ends of an item's segments would like it to be, and how much. */
function otherEnds(
  sheet: Sheet,
  segments: number[],
  x: Float64Array,
  above: boolean,
): [number, number][] {
  return segments.map((index) => {
    const s = sheet.segments[index]!;
    const other = above ? s.upper : s.lower;
    const shift = above ? s.upperOffset - s.lowerOffset : s.lowerOffset - s.upperOffset;
    const self = above ? s.lower : s.upper;
    const dummies = Number(sheet.isDummy[other]) + Number(sheet.isDummy[self]);
    return [x[other]! + shift, dummies === 2 ? 16 : dummies === 1 ? 1 : 8];
  });
}

function weightedMedian(ends: [number, number][]): number {
  ends.sort((a, b) => a[0] - b[0]);
  const half = ends.reduce((sum, end) => sum + end[1], 0) / 2;
  let sum = 0;
  for (let i = 0; i < ends.length; i++) {
    sum += ends[i]![1];
    if (Math.abs(sum - half) < 1e-9) return (ends[i]![0] + ends[i + 1]![0]) / 2;
    if (sum > half) return ends[i]![0];
  }
  return ends[ends.length - 1]![0];
}

/** Nearest positions to the wanted ones that keep order and distances (isotonic regression). */
function spread(
  sheet: Sheet,
  layer: number[],
  wanted: number[],
  weights: number[],
  x: Float64Array,
): void {
  const offsets: number[] = [];
  const blocks: { sum: number; weight: number; count: number }[] = [];
  layer.forEach((item, index) => {
    const offset =
      index === 0 ? 0 : offsets[index - 1]! + distance(sheet, layer[index - 1]!, item);
    offsets.push(offset);
    let block = {
      sum: (wanted[index]! - offset) * weights[index]!,
      weight: weights[index]!,
      count: 1,
    };
    for (;;) {
      const last = blocks[blocks.length - 1];
      if (!last || last.sum / last.weight <= block.sum / block.weight) break;
      blocks.pop();
      block = {
        sum: last.sum + block.sum,
        weight: last.weight + block.weight,
        count: last.count + block.count,
      };
    }
    blocks.push(block);
  });
  let index = 0;
  for (const block of blocks)
    for (let i = 0; i < block.count; i++, index++)
      x[layer[index]!] = block.sum / block.weight + offsets[index]!;
}

/** Give all dummies of a long link one position where there is room for it. */
function straightenChains(sheet: Sheet, x: Float64Array): void {
  const index = new Int32Array(sheet.rank.length);
  for (const layer of sheet.layers) layer.forEach((item, i) => (index[item] = i));
  for (const { path } of sheet.chains) {
    const dummies = path.slice(1, -1);
    if (dummies.length === 0) continue;
    let low = -Infinity;
    let high = Infinity;
    for (const dummy of dummies) {
      const layer = sheet.layers[sheet.rank[dummy]!]!;
      const left = layer[index[dummy]! - 1];
      const right = layer[index[dummy]! + 1];
      if (left !== undefined) low = Math.max(low, x[left]! + distance(sheet, left, dummy));
      if (right !== undefined) high = Math.min(high, x[right]! - distance(sheet, dummy, right));
    }
    if (low > high) continue;
    const sorted = dummies.map((dummy) => x[dummy]!).sort((a, b) => a - b);
    const middle = Math.min(high, Math.max(low, sorted[sorted.length >> 1]!));
    for (const dummy of dummies) x[dummy] = middle;
  }
}
