import { SPACING } from "./types";

/**
 * What one tensor does between two ranks: it comes from the rank above at `tops`, goes to the rank
 * below at `bottoms`, and one horizontal line on track `level` joins them (if they differ).
 */
export interface Comb {
  net: number;
  tops: number[];
  bottoms: number[];
  low: number;
  high: number;
  level: number;
  /** The comb that this one leads to, and must lie above, if it is a detour. */
  leadsTo: Comb | null;
}

/** A tensor on its way to the line of `comb`: it comes from above at `x`, and turns on the line of `via` first. */
export interface Detour {
  comb: Comb;
  x: number;
  via: Comb;
}

/** Vertical lines nearer than this look like one. */
const TOO_NEAR = 5;
const MAX_DETOUR_ROUNDS = 4;
const NEVER = 1e6;
const OVERLAP_COST = 100;

export function makeComb(net: number): Comb {
  return { net, tops: [], bottoms: [], low: Infinity, high: -Infinity, level: 0, leadsTo: null };
}

export function addTop(comb: Comb, x: number): void {
  if (!comb.tops.includes(x)) comb.tops.push(x);
  widen(comb, x);
}

export function addBottom(comb: Comb, x: number): void {
  if (!comb.bottoms.includes(x)) comb.bottoms.push(x);
  widen(comb, x);
}

function widen(comb: Comb, x: number): void {
  comb.low = Math.min(comb.low, x);
  comb.high = Math.max(comb.high, x);
}

/** Whether the tensor goes straight down. */
export function isStraight(comb: Comb): boolean {
  return comb.high - comb.low < 0.5;
}

/**
 * Gives each horizontal line its track, as `assignTracks` does, and leads lines around each other
 * where two want each other's column and no order of tracks would do.
 *
 * @returns how many tracks there are, and the detours; their combs are no part of `combs`.
 */
export function layTracks(combs: Comb[]): { count: number; detours: Detour[] } {
  const detours: Detour[] = [];
  for (let round = 0; ; round++) {
    const all = [...combs, ...detours.map(({ via }) => via)];
    const count = assignTracks(all);
    const found = round < MAX_DETOUR_ROUNDS ? overlapsOf(all) : [];
    if (found.length === 0) return { count, detours };
    for (const { comb, x } of found) detours.push(leadAround(comb, x, all));
  }
}

/** Combs that come from above in the column in which a higher one goes down. */
function overlapsOf(combs: Comb[]): { comb: Comb; x: number }[] {
  const bent = combs.filter((comb) => !isStraight(comb));
  const found: { comb: Comb; x: number }[] = [];
  for (const comb of bent) {
    for (const x of new Set(comb.tops)) {
      const isTaken = bent.some(
        (upper) => upper !== comb && upper.net !== comb.net && upper.level < comb.level && upper.bottoms.some((y) => isNear(x, y)),
      );
      if (isTaken) found.push({ comb, x });
    }
  }
  return found;
}

function leadAround(comb: Comb, x: number, all: Comb[]): Detour {
  const toward = comb.low + comb.high > 2 * x ? 1 : -1;
  const isFree = (column: number): boolean =>
    all.every(({ tops, bottoms }) => [...tops, ...bottoms].every((taken) => Math.abs(taken - column) > TOO_NEAR));
  const column = [1, 2, 3, 4, 5, 6, 7, 8].map((steps) => x + toward * steps * (TOO_NEAR + 1)).find(isFree) ?? x + toward * SPACING.lines;
  const via = makeComb(comb.net);
  addTop(via, x);
  addBottom(via, column);
  via.leadsTo = comb;
  comb.tops = comb.tops.map((top) => (top === x ? column : top));
  [comb.low, comb.high] = [Math.min(...comb.tops, ...comb.bottoms), Math.max(...comb.tops, ...comb.bottoms)];
  return { comb, x, via };
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) < TOO_NEAR;
}

/**
 * Gives each horizontal line its track, upper ones first, so that lines of different tensors never
 * lie on each other and cross little.
 *
 * @returns how many tracks there are.
 */
export function assignTracks(combs: Comb[]): number {
  const bent = combs.filter((comb) => !isStraight(comb));
  bent.sort((a, b) => a.low - b.low || a.high - b.high || a.net - b.net);
  const ordered = orderFromAbove(bent);
  let count = 0;
  ordered.forEach((comb, i) => {
    comb.level = 0;
    for (const earlier of ordered.slice(0, i)) {
      if (spansMeet(earlier, comb)) comb.level = Math.max(comb.level, earlier.level + 1);
    }
    count = Math.max(count, comb.level + 1);
  });
  return count;
}

/**
 * Takes, again and again, a line that should lie above all that are left, or the one that loses
 * least by it where lines go round in a circle.
 */
function orderFromAbove(combs: Comb[]): Comb[] {
  const loss = new Float64Array(combs.length);
  const blockers = new Int32Array(combs.length);
  const note = (a: number, b: number, sign: 1 | -1): void => {
    const by = costAbove(combs[a]!, combs[b]!) - costAbove(combs[b]!, combs[a]!);
    loss[a]! += sign * by;
    if (by > 0) blockers[a]! += sign;
  };
  for (let a = 0; a < combs.length; a++) for (let b = 0; b < combs.length; b++) if (a !== b) note(a, b, 1);
  const left = combs.map((_, i) => i);
  const ordered: Comb[] = [];
  while (left.length > 0) {
    let best = 0;
    for (let i = 1; i < left.length; i++) {
      const [free, bestFree] = [blockers[left[i]!] === 0, blockers[left[best]!] === 0];
      if (free !== bestFree ? free : !free && loss[left[i]!]! < loss[left[best]!]!) best = i;
    }
    const chosen = left.splice(best, 1)[0]!;
    ordered.push(combs[chosen]!);
    for (const i of left) note(i, chosen, -1);
  }
  return ordered;
}

function spansMeet(a: Comb, b: Comb): boolean {
  return a.low < b.high + SPACING.lines && b.low < a.high + SPACING.lines;
}

/** Crossings, and overlaps of vertical lines, when `upper` has the higher track. */
function costAbove(upper: Comb, lower: Comb): number {
  let cost = lower.leadsTo === upper ? NEVER : 0;
  for (const x of lower.tops) if (x > upper.low && x < upper.high) cost++;
  for (const x of upper.bottoms) if (x > lower.low && x < lower.high) cost++;
  for (const x of upper.bottoms) {
    for (const y of lower.tops) if (isNear(x, y)) cost += OVERLAP_COST;
  }
  return cost;
}

/** Places on the horizontal line where a way branches off; a plain split to both sides is none. */
export function forkColumns(comb: Comb): number[] {
  if (isStraight(comb)) return [];
  const columns = [...new Set([...comb.tops, ...comb.bottoms])].sort((a, b) => a - b);
  return columns.filter((x) => {
    const sideways = Number(x > comb.low) + Number(x < comb.high);
    const [above, below] = [comb.tops.includes(x), comb.bottoms.includes(x)];
    return above ? below : sideways === 2;
  });
}

/** Places on the horizontal line where it leaves a line from the same place that goes further down. */
export function partingColumns(comb: Comb, all: Comb[]): number[] {
  if (isStraight(comb)) return [];
  return comb.tops.filter((x) =>
    all.some((other) => other !== comb && other.tops.includes(x) && (isStraight(other) || other.level > comb.level)),
  );
}
