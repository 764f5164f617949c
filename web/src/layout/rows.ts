import type { Ranking } from "./ranks";
import { SPACING, type Block } from "./types";

/** Boxes of one rank that take more room than this, in CSS pixels, are put on several ranks. */
const WIDEST_ROW = 1280;
/** How much wider than its widest box a rank may be in any case. */
const BESIDE_WIDEST = 1.3;

/**
 * A ranking in which no rank is wider than a page, at the cost of more ranks.
 *
 * Boxes are put on ranks from the last one upward, each above all that it feeds, as soon as there is
 * room. A branch that was begun goes on before another begins, so few lines are open at once. Boxes
 * that feed nothing stand as high as they can. Ranks that are narrow anyway stay as they are.
 */
export function narrowRanks(block: Block, ranking: Ranking): Ranking {
  const limit = roomFor(block);
  if (widestRank(block, ranking) <= limit) return ranking;
  const { after, before } = neighboursOf(block, ranking);
  const items = block.vertices.flatMap(({ role }, i) => (role === "item" ? [i] : []));
  const row = rowsFromBelow(block, items.filter((i) => after[i]!.length > 0), { after, before, limit, ranking });

  const rowCount = items.reduce((most, i) => Math.max(most, row.height[i]! + 1), 0);
  const rank = block.vertices.map(({ role }, i) => (role === "in" ? 0 : rowCount - row.height[i]!));
  const used = new Map<number, number>();
  const use = (at: number, i: number): void => void used.set(at, (used.get(at) ?? -SPACING.boxes) + widthWithGap(block, i));
  for (const i of items) if (after[i]!.length > 0) use(rank[i]!, i);
  const ends = items.filter((i) => after[i]!.length === 0);
  const earliest = (i: number): number => before[i]!.reduce((most, one) => Math.max(most, rank[one]! + 1), 1);
  let last = rowCount;
  const nextFree = new Map<number, number>();
  for (const i of ends) {
    let at = nextFree.get(earliest(i)) ?? earliest(i);
    while ((used.get(at) ?? -SPACING.boxes) + widthWithGap(block, i) > limit && used.has(at)) at++;
    nextFree.set(earliest(i), at);
    rank[i] = at;
    use(at, i);
    last = Math.max(last, at);
  }
  block.vertices.forEach(({ role }, i) => {
    if (role === "out") rank[i] = last + 1;
  });
  return { ...ranking, rank, rankCount: last + 2 };
}

function roomFor(block: Block): number {
  const widest = block.vertices.reduce((most, { width }) => Math.max(most, width), 0);
  return Math.max(WIDEST_ROW, widest * BESIDE_WIDEST);
}

function widthWithGap(block: Block, vertex: number): number {
  return block.vertices[vertex]!.width + SPACING.boxes;
}

function widestRank(block: Block, ranking: Ranking): number {
  const widths = new Float64Array(ranking.rankCount).fill(-SPACING.boxes);
  block.vertices.forEach(({ role }, i) => {
    if (role === "item") widths[ranking.rank[i]!]! += widthWithGap(block, i);
  });
  return widths.reduce((most, width) => Math.max(most, width), 0);
}

interface Neighbours {
  after: number[][];
  before: number[][];
}

/** The boxes that each box feeds, and those that feed it, along forward edges. */
function neighboursOf(block: Block, ranking: Ranking): Neighbours {
  const after: number[][] = block.vertices.map(() => []);
  const before: number[][] = block.vertices.map(() => []);
  block.edges.forEach(({ source, target }, index) => {
    if (ranking.backward[index]) return;
    if (block.vertices[source]!.role !== "item") return;
    after[source]!.push(target);
    if (block.vertices[target]!.role === "item") before[target]!.push(source);
  });
  return { after, before };
}

/** Fills rows from the last one upward; `height` counts rows from the last. */
function rowsFromBelow(
  block: Block,
  items: number[],
  { after, before, limit, ranking }: Neighbours & { limit: number; ranking: Ranking },
): { height: number[] } {
  const height = block.vertices.map(() => 0);
  const missing = after.map((targets) => targets.filter((i) => block.vertices[i]!.role === "item" && after[i]!.length > 0).length);
  const turn = turnsFromBelow(items, before, after, ranking);
  const ready = new Queue(turn);
  for (const i of items) if (missing[i] === 0) ready.add(i);
  for (let row = 0, placed = 0; placed < items.length; row++) {
    const freed: number[] = [];
    let width = -SPACING.boxes;
    for (let i = ready.first(); i !== undefined; i = ready.first()) {
      if (width > 0 && width + widthWithGap(block, i) > limit) break;
      ready.take();
      width += widthWithGap(block, i);
      height[i] = row;
      placed++;
      for (const source of before[i]!) if (--missing[source]! === 0) freed.push(source);
    }
    for (const i of freed) ready.add(i);
  }
  return { height };
}

/** In which turn boxes are taken: depth first from the ends upward, the longest way first. */
function turnsFromBelow(items: number[], before: number[][], after: number[][], { depth }: Ranking): number[] {
  const turn = before.map(() => -1);
  let count = 0;
  const longestLast = (a: number, b: number): number => depth[a]! - depth[b]! || b - a;
  const waiting = [...items].sort(longestLast);
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (turn[at]! >= 0 || after[at]!.length === 0) continue;
    turn[at] = count++;
    waiting.push(...[...before[at]!].sort(longestLast));
  }
  return turn;
}

/** Gives out the member with the smallest key: a binary heap. */
class Queue {
  private readonly heap: number[] = [];
  private readonly keys: readonly number[];

  constructor(keys: readonly number[]) {
    this.keys = keys;
  }

  first(): number | undefined {
    return this.heap[0];
  }

  add(member: number): void {
    const { heap } = this;
    let at = heap.push(member) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (this.key(above) <= this.key(at)) break;
      this.swap(at, above);
      at = above;
    }
  }

  take(): void {
    const { heap } = this;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    heap[0] = last;
    for (let at = 0; ; ) {
      let least = at;
      for (const below of [2 * at + 1, 2 * at + 2]) {
        if (below < heap.length && this.key(below) < this.key(least)) least = below;
      }
      if (least === at) return;
      this.swap(at, least);
      at = least;
    }
  }

  private key(at: number): number {
    return this.keys[this.heap[at]!]!;
  }

  private swap(a: number, b: number): void {
    [this.heap[a], this.heap[b]] = [this.heap[b]!, this.heap[a]!];
  }
}
