/** The order of items within each rank, with few crossings. */

import type { Sheet } from "./layered";

const SWEEPS = 12;
const PATIENCE = 4;

export function orderLayers(sheet: Sheet): void {
  sheet.layers = firstOrder(sheet);
  const place = new Float64Array(sheet.rank.length);
  placeAll(sheet, place);
  let best = sheet.layers.map((layer) => [...layer]);
  let fewest = crossings(sheet, place);
  for (let sweep = 0, idle = 0; sweep < SWEEPS && fewest > 0 && idle < PATIENCE; sweep++) {
    sweepOnce(sheet, place, sweep % 2 === 0);
    transpose(sheet, place);
    const found = crossings(sheet, place);
    idle = found < fewest ? 0 : idle + 1;
    if (found < fewest) {
      fewest = found;
      best = sheet.layers.map((layer) => [...layer]);
    }
  }
  sheet.layers = best;
}

/** Depth first from the sources; a long link's dummies come after the items beside them. */
function firstOrder(sheet: Sheet): number[][] {
  const layers: number[][] = Array.from({ length: sheet.ranks }, () => []);
  const seen = new Uint8Array(sheet.rank.length);
  const roots = sheet.rank.map((_, i) => i).sort((a, b) => sheet.rank[a]! - sheet.rank[b]! || a - b);
  for (const root of roots) {
    const stack = [root];
    while (stack.length) {
      const item = stack.pop()!;
      if (seen[item]) continue;
      seen[item] = 1;
      layers[sheet.rank[item]!]!.push(item);
      const next = sheet.below[item]!.map((s) => sheet.segments[s]!.lower);
      next.sort((a, b) => Number(sheet.isDummy[b]) - Number(sheet.isDummy[a]));
      for (const lower of [...next].reverse().sort((a, b) => Number(sheet.isDummy[b]) - Number(sheet.isDummy[a])))
        stack.push(lower);
    }
  }
  return layers;
}

function placeAll(sheet: Sheet, place: Float64Array): void {
  for (const layer of sheet.layers) layer.forEach((item, index) => (place[item] = index));
}

/** Position of an end of a segment, finer than the item where it meets one of several ports. */
function end(sheet: Sheet, place: Float64Array, item: number, offset: number): number {
  const width = sheet.width[item]!;
  return place[item]! + (width > 0 ? (0.9 * offset) / width : 0);
}

function sweepOnce(sheet: Sheet, place: Float64Array, down: boolean): void {
  for (let step = 1; step < sheet.ranks; step++) {
    const rank = down ? step : sheet.ranks - 1 - step;
    const layer = sheet.layers[rank]!;
    const centre = new Map<number, number>();
    for (const item of layer) {
      const ends = (down ? sheet.above : sheet.below)[item]!.map((index) => {
        const s = sheet.segments[index]!;
        return down
          ? end(sheet, place, s.upper, s.upperOffset) - s.lowerOffset * 1e-6
          : end(sheet, place, s.lower, s.lowerOffset) - s.upperOffset * 1e-6;
      });
      if (ends.length) centre.set(item, ends.reduce((a, b) => a + b, 0) / ends.length);
    }
    const moving = layer
      .filter((item) => centre.has(item))
      .sort(
        (a, b) =>
          centre.get(a)! - centre.get(b)! ||
          Number(sheet.isDummy[a]) - Number(sheet.isDummy[b]) ||
          place[a]! - place[b]!,
      );
    let next = 0;
    sheet.layers[rank] = layer.map((item) => (centre.has(item) ? moving[next++]! : item));
    sheet.layers[rank]!.forEach((item, index) => (place[item] = index));
  }
}

/** Swap neighbours while that saves crossings. */
function transpose(sheet: Sheet, place: Float64Array): void {
  for (let round = 0, improved = true; improved && round < 6; round++) {
    improved = false;
    for (const layer of sheet.layers) {
      for (let i = 0; i + 1 < layer.length; i++) {
        const a = layer[i]!;
        const b = layer[i + 1]!;
        if (pairCrossings(sheet, place, a, b) > pairCrossings(sheet, place, b, a)) {
          layer[i] = b;
          layer[i + 1] = a;
          place[b] = i;
          place[a] = i + 1;
          improved = true;
        }
      }
    }
  }
}

function pairCrossings(sheet: Sheet, place: Float64Array, left: number, right: number): number {
  let count = 0;
  for (const a of sheet.above[left]!)
    for (const b of sheet.above[right]!) {
      const [s, t] = [sheet.segments[a]!, sheet.segments[b]!];
      if (end(sheet, place, s.upper, s.upperOffset) > end(sheet, place, t.upper, t.upperOffset))
        count++;
    }
  for (const a of sheet.below[left]!)
    for (const b of sheet.below[right]!) {
      const [s, t] = [sheet.segments[a]!, sheet.segments[b]!];
      if (end(sheet, place, s.lower, s.lowerOffset) > end(sheet, place, t.lower, t.lowerOffset))
        count++;
    }
  return count;
}

/** Number of crossings between all neighbouring ranks. */
export function crossings(sheet: Sheet, place: Float64Array): number {
  let count = 0;
  for (let rank = 0; rank + 1 < sheet.ranks; rank++) {
    const lines: [number, number][] = [];
    for (const item of sheet.layers[rank]!)
      for (const index of sheet.below[item]!) {
        const s = sheet.segments[index]!;
        lines.push([
          end(sheet, place, s.upper, s.upperOffset),
          end(sheet, place, s.lower, s.lowerOffset),
        ]);
      }
    lines.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    count += inversions(lines.map((line) => line[1]));
  }
  return count;
}

/** Pairs that are in the wrong order, by merge sort. */
function inversions(values: number[]): number {
  if (values.length < 2) return 0;
  const half = values.length >> 1;
  const left = values.slice(0, half);
  const right = values.slice(half);
  let count = inversions(left) + inversions(right);
  let i = 0;
  let j = 0;
  for (let k = 0; k < values.length; k++) {
    if (j >= right.length || (i < left.length && left[i]! <= right[j]!)) values[k] = left[i++]!;
    else {
      values[k] = right[j++]!;
      count += left.length - i;
    }
  }
  return count;
}
