/** What is open, which member of a fold is drawn, and what is left out: the state of the drawing. */

import { DrawnGraph } from "./drawn";
import type { Fold } from "./fold";
import { ROOT, type GraphIndex } from "./graph";

/** Up to this many nodes are drawn by opening many groups at once, which otherwise stops less deep. */
export const MOST_DRAWN = 50_000;

/** How deep the graph was to be opened and is, and how many nodes are drawn and would have been. */
export interface Reached {
  wanted: number;
  reached: number;
  drawn: number;
  all: number;
}

/** Drawn ids that became others, because another member of a fold is drawn. */
export type Renamed = ReadonlyMap<string, string>;

const NONE: Renamed = new Map();

/** New names after one renaming and then another. */
export function followed(first: Renamed, then: Renamed): Renamed {
  if (first.size === 0) return then;
  const both = new Map([...first].map(([old, now]) => [old, then.get(now) ?? now]));
  for (const [old, now] of then) if (!both.has(old)) both.set(old, now);
  return both;
}

export class Opening {
  /** Drawn ids of the open groups. */
  readonly open = new Set<string>();
  private drawnGraph: DrawnGraph | null = null;
  private readonly chosen = new Map<string, number>();
  private readonly byStart = new Map<string, Fold>();
  private counted: { index: GraphIndex; counts: readonly number[] } | null = null;
  private folding = true;
  private hiding = false;

  constructor(
    private source: GraphIndex,
    private folds: readonly Fold[],
  ) {
    this.setSource(source, folds);
  }

  /** What is drawn now. */
  get drawn(): DrawnGraph {
    this.drawnGraph ??= new DrawnGraph(this.source, {
      folds: this.folding ? this.folds : [],
      chosen: this.chosen,
      hideTrivial: this.hiding,
    });
    return this.drawnGraph;
  }

  get foldsEqualBlocks(): boolean {
    return this.folding;
  }

  get hidesTrivial(): boolean {
    return this.hiding;
  }

  /** Draws another graph of the same model. */
  setSource(source: GraphIndex, folds: readonly Fold[]): void {
    this.source = source;
    this.folds = folds;
    this.byStart.clear();
    for (const fold of folds) fold.members.forEach((member, k) => k === 0 && this.byStart.set(startOf(fold, member[0]!), fold));
    this.drawnGraph = null;
  }

  /** Folds equal blocks or draws each. A member that is open stays in sight. */
  setFolding(on: boolean, keep: string | null): void {
    if (on === this.folding) return;
    if (!on) {
      for (const { fold, member } of this.drawn.folds.values()) {
        if (this.open.has(fold.id) && fold.members[member]!.length === 1) this.open.add(fold.members[member]![0]!);
      }
    }
    this.folding = on;
    this.drawnGraph = null;
    if (!on) return;
    if (keep !== null && this.source.has(keep)) this.choosePath(keep);
    for (const { fold, member } of this.drawn.folds.values()) {
      if (this.open.has(fold.members[member]![0]!)) this.open.add(fold.id);
    }
  }

  setHiding(on: boolean): void {
    this.hiding = on;
    this.drawnGraph = null;
  }

  /** Opens a group and those around it, so that it is seen. Of a fold, the member is opened with it. */
  expand(id: string): Renamed {
    const renamed = this.choosePath(id);
    const at = this.drawn.folds.has(id) ? id : this.drawn.drawn(id);
    const { index } = this.drawn;
    if (!index.isGroup(at)) return renamed;
    for (const group of [...index.ancestors(at), at]) this.open.add(group);
    const only = index.children(at);
    if (this.drawn.folds.has(at) && only.length === 1 && index.isOpenedByAll(only[0]!)) this.open.add(only[0]!);
    return renamed;
  }

  /** Closes a group. Groups inside stay as they were for when it is opened again. */
  collapse(id: string): void {
    this.open.delete(this.drawn.folds.has(id) ? id : this.drawn.drawn(id));
  }

  collapseAll(): void {
    this.open.clear();
  }

  /**
   * Opens all but single layers so that nodes down to this depth are seen, as long as no more than
   * `most` are: 1 is what stands directly on the canvas.
   */
  expandTo(depth: number, most = MOST_DRAWN): Reached {
    const { index } = this.drawn;
    const counts = this.countsByDepth();
    const wanted = Math.max(1, Math.min(depth, counts.length - 1));
    const sum = (upTo: number): number => counts.slice(0, upTo + 1).reduce((total, count) => total + count, 0);
    let reached = wanted;
    while (reached > 1 && sum(reached) > most) reached--;
    this.open.clear();
    for (const id of index.groups()) if (index.depth(id) < reached && index.isOpenedByAll(id)) this.open.add(id);
    return { wanted, reached, drawn: sum(reached), all: sum(wanted) };
  }

  /** The depth of the deepest nodes that can be opened at once. */
  get deepest(): number {
    return this.countsByDepth().length - 1;
  }

  /** Draws another member of a fold; what is open in the old one is open in the new one. */
  choose(foldId: string, member: number): Renamed {
    const drawn = this.drawn.folds.get(foldId);
    if (!drawn || member === drawn.member || !drawn.fold.members[member]) return NONE;
    const { fold } = drawn;
    const [from, to] = [fold.contents[drawn.member]!, fold.contents[member]!];
    const renamed = new Map(from.map((id, i) => [id, to[i]!]));
    for (const inner of this.drawn.folds.values()) {
      const start = renamed.get(inner.fold.members[0]![0]!);
      const twin = start === undefined ? undefined : this.byStart.get(startOf(inner.fold, start));
      if (!twin || inner.fold === fold) continue;
      renamed.set(inner.fold.id, twin.id);
      this.chosen.set(twin.id, inner.member);
    }
    for (const id of [...this.open]) {
      const other = renamed.get(id);
      if (other === undefined) continue;
      this.open.delete(id);
      this.open.add(other);
    }
    this.chosen.set(foldId, member);
    this.drawnGraph = null;
    return renamed;
  }

  /** Opens what is around a node, and chooses the members that it lies in. */
  reveal(id: string): Renamed {
    const renamed = this.choosePath(id);
    for (const group of this.drawn.index.ancestors(this.drawn.drawn(id))) this.open.add(group);
    return renamed;
  }

  /** Chooses the members that a node lies in, outer folds first. */
  private choosePath(id: string): Renamed {
    let renamed = NONE;
    for (let at = this.drawn.hidden(id); at !== null; at = this.drawn.hidden(id)) {
      renamed = followed(renamed, this.choose(at.fold, at.member));
    }
    return renamed;
  }

  /** How many nodes there are at each depth, outside single layers; nothing at 0. */
  private countsByDepth(): readonly number[] {
    const { index } = this.drawn;
    if (this.counted?.index === index) return this.counted.counts;
    const counts: number[] = [0];
    const waiting: string[] = [...index.children(ROOT)];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      const depth = index.depth(at);
      counts[depth] = (counts[depth] ?? 0) + 1;
      if (index.isOpenedByAll(at)) for (const child of index.children(at)) waiting.push(child);
    }
    this.counted = { index, counts };
    return counts;
  }
}

/** Folds of one group may begin at the same node; they differ in how long their members are. */
function startOf(fold: Fold, first: string): string {
  return JSON.stringify([first, fold.members.length, fold.members[0]!.length]);
}
