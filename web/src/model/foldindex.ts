/** Folds: identical neighbouring blocks, and which node stands where another does in each of them. */

import { GraphIndex, ROOT } from "./graph";
import type { RunIndex } from "./run";

export interface FoldMembers {
  id: string;
  parent: string;
  /** For each member, in execution order, the nodes directly in it. */
  members: string[][];
}

/** A node among its counterparts. */
export interface PlaceInFold {
  fold: FoldMembers;
  /** Which member the node lies in. */
  member: number;
  /** The counterparts, one a member. */
  nodes: string[];
  /** What the members are called: their index in the code where they have one. */
  names: string[];
}

export class FoldIndex {
  readonly folds: readonly FoldMembers[];
  private readonly placeOf = new Map<string, { fold: FoldMembers; member: number; at: number }>();
  private readonly byParent = new Map<string, FoldMembers[]>();

  constructor(run: RunIndex) {
    this.graph = run.graph;
    const byId = new Map<string, FoldMembers>();
    for (const row of run.rows("folds")) {
      const [id, node, member] = [String(row["fold"]), String(row["node"]), Number(row["member"])];
      if (!this.graph.has(node)) continue;
      let fold = byId.get(id);
      if (!fold) {
        fold = { id, parent: String(row["parent"]), members: [] };
        byId.set(id, fold);
      }
      const nodes = (fold.members[member] ??= []);
      this.placeOf.set(node, { fold, member, at: nodes.length });
      nodes.push(node);
    }
    this.folds = [...byId.values()].filter(isSound);
    const sound = new Set(this.folds);
    for (const [node, { fold }] of this.placeOf) if (!sound.has(fold)) this.placeOf.delete(node);
    for (const fold of this.folds) {
      const known = this.byParent.get(fold.parent);
      if (known) known.push(fold);
      else this.byParent.set(fold.parent, [fold]);
    }
  }

  private readonly graph: GraphIndex;

  /** The folds among the children of a group. */
  inside(parent: string): readonly FoldMembers[] {
    return this.byParent.get(parent) ?? [];
  }

  /** The folds that a node lies in, innermost first. */
  placesOf(id: string): PlaceInFold[] {
    const found: PlaceInFold[] = [];
    const way: number[] = [];
    for (let at: string | null = id; at !== null && at !== ROOT; at = this.graph.parent(at)) {
      const place = this.placeOf.get(at);
      if (place) {
        const nodes = place.fold.members.map((member) => this.down(member[place.at], way));
        if (nodes.every((node) => node !== undefined)) found.push({ fold: place.fold, member: place.member, nodes, names: namesOf(place.fold) });
      }
      way.unshift(this.graph.children(this.graph.parent(at) ?? ROOT).indexOf(at));
    }
    return found;
  }

  private down(id: string | undefined, way: readonly number[]): string | undefined {
    let at = id;
    for (const place of way) at = at === undefined ? undefined : this.graph.children(at)[place];
    return at;
  }
}

/** Whether no member lacks, and all have as many nodes: a damaged table is not a fold. */
function isSound({ members }: FoldMembers): boolean {
  return members.length > 1 && Array.from(members).every((member) => member?.length === members[0]?.length);
}

/** `0`, `1`, ... as the modules are called where these are all different, else their position. */
export function namesOf(fold: FoldMembers): string[] {
  const names = fold.members.map((member) => member[0]!.split(/[./]/).pop() ?? "");
  const areIndices = names.every((name) => /^\d+$/.test(name)) && new Set(names).size === names.length;
  return areIndices ? names : fold.members.map((_, i) => String(i));
}

/** What tells a member's number: the first of its nodes that has one, or lacks one. */
export function memberValue<T>(member: readonly string[], value: (id: string) => T | null | undefined): T | null | undefined {
  for (const id of member) {
    const found = value(id);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Least, median and greatest of members in a few letters, one number where they are equal; and how many are no numbers. */
export function spreadText(values: readonly (number | null)[], format: (value: number) => string): string {
  const odd = values.filter((value) => value !== null && !Number.isFinite(value)).length;
  const spread = spreadOf(values.filter((value) => value !== null && Number.isFinite(value)));
  const texts = spread ? [spread.least, spread.middle, spread.most].map(format) : [];
  const said = new Set(texts).size === 1 ? texts[0]! : texts.join(" · ");
  return [odd > 0 && `✕ ${odd}`, said].filter(Boolean).join("  ");
}

/** Least, middle and greatest of what was measured; NaN where one of them is NaN. */
export function spreadOf(values: readonly (number | null)[]): { least: number; middle: number; most: number; measured: number } | null {
  const found = values.filter((value) => value !== null);
  if (!found.length) return null;
  if (found.some(Number.isNaN)) return { least: NaN, middle: NaN, most: NaN, measured: found.length };
  const sorted = [...found].sort((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  const middle = (sorted[Math.floor(half)]! + sorted[Math.ceil(half)]!) / 2;
  return { least: sorted[0]!, middle, most: sorted.at(-1)!, measured: found.length };
}
