/** Vertical positions, and lines of right angles that never share a track by accident. */

import { GAP, type Item, type Layered, type Link, type Point, type Sheet } from "./layered";

/** One horizontal run in the gap below a rank: all segments of a tensor from one upper end. */
interface Run {
  left: number;
  right: number;
  upper: number;
  lowers: number[];
  track: number;
}

export function routeEdges(sheet: Sheet, items: Item[], links: Link[], x: Float64Array): Layered {
  const runs = collectRuns(sheet, links, x);
  const tracks = runs.map((gap) => assignTracks([...gap.values()]));
  const { top, bottom } = stackRanks(sheet, tracks);
  const centre = (item: number) =>
    (top[sheet.rank[item]!]! + bottom[sheet.rank[item]!]!) / 2;
  const trackY = (rank: number, run: Run) =>
    bottom[rank]! + GAP.ranks * 0.4 + run.track * GAP.track;
  const place = new Map<number, number>();
  for (const layer of sheet.layers) layer.forEach((item, i) => place.set(item, i));

  const routes = links.map((link, index) => {
    const { path, reversed } = sheet.chains[index]!;
    const points: Point[] = [];
    for (let i = 0; i + 1 < path.length; i++) {
      const [a, b] = [path[i]!, path[i + 1]!];
      const [from, to] = ends(link, path, i, reversed, x);
      const half = sheet.height[a]! / 2;
      if (i === 0) points.push([from, centre(a) + half]);
      if (Math.abs(from - to) >= 1) {
        const run = runs[sheet.rank[a]!]!.get(runKey(link.key, a, from))!;
        const y = trackY(sheet.rank[a]!, run);
        points.push([from, y], [to, y]);
      }
      if (i + 2 === path.length) {
        const side = sideEntry(sheet, items, place, x, path, link, reversed, to);
        if (side === null) points.push([to, centre(b) - sheet.height[b]! / 2]);
        else finishAtSide(points, path, x, centre(b), side);
      }
    }
    return reversed ? points.reverse() : points;
  });
  let width = 0;
  for (let i = 0; i < x.length; i++) width = Math.max(width, x[i]! + sheet.width[i]! / 2);
  return {
    width,
    height: bottom[sheet.ranks - 1]!,
    positions: items.map((_, i) => [x[i]!, centre(i)]),
    routes: routes.map(withoutRepeats),
  };
}

/** Horizontal ends of one step of a link's way. */
function ends(
  link: Link,
  path: number[],
  step: number,
  reversed: boolean,
  x: Float64Array,
): [number, number] {
  const first = reversed ? link.targetOffset : link.sourceOffset;
  const last = reversed ? link.sourceOffset : link.targetOffset;
  const from = x[path[step]!]! + (step === 0 ? first : 0);
  const to = x[path[step + 1]!]! + (step + 2 === path.length ? last : 0);
  return [from, to];
}

function runKey(key: string, upper: number, from: number): string {
  return `${upper}:${from}:${key}`;
}

function collectRuns(sheet: Sheet, links: Link[], x: Float64Array): Map<string, Run>[] {
  const gaps: Map<string, Run>[] = Array.from({ length: sheet.ranks }, () => new Map());
  links.forEach((link, index) => {
    const { path, reversed } = sheet.chains[index]!;
    for (let i = 0; i + 1 < path.length; i++) {
      const [from, to] = ends(link, path, i, reversed, x);
      if (Math.abs(from - to) < 1) continue;
      const gap = gaps[sheet.rank[path[i]!]!]!;
      const key = runKey(link.key, path[i]!, from);
      const run = gap.get(key) ?? { left: from, right: from, upper: from, lowers: [], track: 0 };
      run.left = Math.min(run.left, to);
      run.right = Math.max(run.right, to);
      run.lowers.push(to);
      gap.set(key, run);
    }
  });
  return gaps;
}

/**
 * Tracks from top to bottom. Runs that overlap get different ones, and a run that starts above
 * where another ends lies above it, so that their verticals do not fall on each other.
 */
function assignTracks(runs: Run[]): number {
  const above = (a: Run, b: Run) => b.lowers.some((lower) => Math.abs(lower - a.upper) < 4);
  const order = [...runs].sort(
    (a, b) =>
      Number(above(b, a)) - Number(above(a, b)) || a.right - a.left - (b.right - b.left) || a.left - b.left,
  );
  const done: Run[] = [];
  let tracks = 0;
  for (const run of order) {
    const used = new Set<number>();
    let least = 0;
    for (const other of done) {
      if (other.right + 6 < run.left || run.right + 6 < other.left) continue;
      used.add(other.track);
      if (above(other, run)) least = Math.max(least, other.track + 1);
    }
    run.track = least;
    while (used.has(run.track)) run.track++;
    tracks = Math.max(tracks, run.track + 1);
    done.push(run);
  }
  return tracks;
}

function stackRanks(sheet: Sheet, tracks: number[]): { top: number[]; bottom: number[] } {
  const top: number[] = [];
  const bottom: number[] = [];
  let y = 0;
  for (let rank = 0; rank < sheet.ranks; rank++) {
    const height = Math.max(0, ...sheet.layers[rank]!.map((item) => sheet.height[item]!));
    top.push(y);
    bottom.push(y + height);
    y += height + GAP.ranks + Math.max(0, tracks[rank]! - 1) * GAP.track;
  }
  return { top, bottom };
}

/** A long link may meet its target from the side when nothing stands between: +1 right, -1 left. */
function sideEntry(
  sheet: Sheet,
  items: Item[],
  place: Map<number, number>,
  x: Float64Array,
  path: number[],
  link: Link,
  reversed: boolean,
  to: number,
): { edge: number } | null {
  const target = path[path.length - 1]!;
  const offset = reversed ? link.sourceOffset : link.targetOffset;
  if (path.length < 3 || reversed || offset !== 0 || items[target]!.port) return null;
  if (items[target]!.height > 40) return null; // an open group is met at its port
  const from = x[path[path.length - 2]!]!;
  const half = sheet.width[target]! / 2;
  const layer = sheet.layers[sheet.rank[target]!]!;
  const right = from > to;
  const next = layer[place.get(target)! + (right ? 1 : -1)];
  if (Math.abs(from - to) < half + 12) return null;
  if (next !== undefined) {
    const border = x[next]! + ((right ? -1 : 1) * sheet.width[next]!) / 2;
    if (right ? border < from + 8 : border > from - 8) return null;
  }
  return { edge: to + (right ? half : -half) };
}

/** Replace the last turn: straight down to the height of the target, then across to its side. */
function finishAtSide(
  points: Point[],
  path: number[],
  x: Float64Array,
  y: number,
  side: { edge: number },
): void {
  const from = x[path[path.length - 2]!]!;
  points.splice(points.length - 2, 2); // the turn in the gap above the target
  points.push([from, y], [side.edge, y]);
}

function withoutRepeats(points: Point[]): Point[] {
  return points.filter((point, i) => {
    const before = points[i - 1];
    const after = points[i + 1];
    if (!before) return true;
    if (before[0] === point[0] && before[1] === point[1]) return false;
    if (!after) return true;
    const straight =
      (before[0] === point[0] && point[0] === after[0]) ||
      (before[1] === point[1] && point[1] === after[1]);
    return !straight;
  });
}
