/** Two runs side by side: which node is which, and what is different about it. */

import type { Document } from "../generated/document";
import { toNumber } from "./format";
import { ROOT } from "./graph";
import { RunIndex } from "./run";

export type DifferenceKind = "added" | "removed" | "changed" | "moved";
export const DIFFERENCE_KINDS: readonly DifferenceKind[] = ["added", "removed", "changed", "moved"];
/** Told apart without colour. */
export const GLYPHS: Record<DifferenceKind, string> = { added: "+", removed: "−", changed: "~", moved: "→" };

export type Side = "before" | "after";

export interface Difference {
  kind: DifferenceKind;
  /** Id in the second run; empty where it was removed. */
  node: string;
  /** Id in the first run; empty where it was added. */
  beforeNode: string;
  what: string;
  before: string;
  after: string;
  /** How many nodes it stands for. */
  count: number;
}

/** What is to be said of one node. */
export interface NodeDifference {
  kind: DifferenceKind | null;
  /** Nodes inside, at any depth, that have a difference of their own. */
  inside: number;
}

/** The first run held against one other. */
export class RunPair {
  readonly differences: readonly Difference[];
  private readonly afterOf = new Map<string, string>();
  private readonly beforeOf = new Map<string, string>();
  private readonly kinds: Record<Side, Map<string, DifferenceKind>> = { before: new Map(), after: new Map() };
  private readonly inside: Record<Side, Map<string, number>> = { before: new Map(), after: new Map() };

  constructor(
    readonly name: string,
    readonly before: RunIndex,
    readonly after: RunIndex,
    tables: RunIndex,
  ) {
    for (const row of tables.rows("matches")) {
      if (row["run"] !== name) continue;
      this.afterOf.set(String(row["before_node"]), String(row["node"]));
      this.beforeOf.set(String(row["node"]), String(row["before_node"]));
    }
    this.differences = tables.rows("differences").filter((row) => row["run"] === name).map(differenceOf);
    this.note();
  }

  /** What stands for a node on the other side; null where it is on one side alone. */
  counterpart(id: string, side: Side): string | null {
    return (side === "before" ? this.afterOf : this.beforeOf).get(id) ?? null;
  }

  /** Whether nodes could be compared; if not, there are curves and distributions alone. */
  get hasGraphs(): boolean {
    return this.before.run.graph !== null && this.after.run.graph !== null;
  }

  run(side: Side): RunIndex {
    return side === "before" ? this.before : this.after;
  }

  of(id: string, side: Side): NodeDifference {
    return { kind: this.kinds[side].get(id) ?? null, inside: this.inside[side].get(id) ?? 0 };
  }

  /** The rows about a node. */
  rowsOf(id: string, side: Side): Difference[] {
    return this.differences.filter((row) => (side === "before" ? row.beforeNode : row.node) === id);
  }

  private note(): void {
    for (const row of this.differences) {
      if (row.what === "edge") this.mark(row.kind === "removed" && !row.node ? "before" : "after", row.node || row.beforeNode, "changed");
      else if (row.kind === "added") this.markWhole("after", row.node, "added", this.beforeOf);
      else if (row.kind === "removed") this.markWhole("before", row.beforeNode, "removed", this.afterOf);
      if (row.kind === "changed" || row.kind === "moved" || row.what === "edge") {
        const kind = row.what === "edge" ? "changed" : row.kind;
        if (row.node) this.mark("after", row.node, kind);
        if (row.beforeNode) this.mark("before", row.beforeNode, kind);
      }
    }
    for (const side of ["before", "after"] as const)
      for (const id of this.kinds[side].keys())
        for (const around of [...this.run(side).graph.ancestors(id), ROOT]) this.inside[side].set(around, (this.inside[side].get(around) ?? 0) + 1);
  }

  /** A node that was added with all in it that was not there before. */
  private markWhole(side: Side, id: string, kind: DifferenceKind, matched: ReadonlyMap<string, string>): void {
    for (const inner of this.run(side).graph.withDescendants(id)) if (!matched.has(inner)) this.mark(side, inner, kind);
  }

  /** What was added or removed was not changed besides, and a change says more than a move. */
  private mark(side: Side, id: string, kind: DifferenceKind): void {
    const order: readonly DifferenceKind[] = ["moved", "changed", "removed", "added"];
    const known = this.kinds[side].get(id);
    if (id !== ROOT && (!known || order.indexOf(kind) > order.indexOf(known))) this.kinds[side].set(id, kind);
  }
}

function differenceOf(row: Record<string, unknown>): Difference {
  const text = (name: string) => String(row[name] ?? "");
  return {
    kind: row["kind"] as DifferenceKind,
    node: text("node"),
    beforeNode: text("before_node"),
    what: text("what"),
    before: text("before"),
    after: text("after"),
    count: toNumber(row["count"]) ?? 1,
  };
}

/** All pairs of a comparison: the first run with each of the others. */
export class ComparisonIndex {
  readonly names: readonly string[];
  private readonly pairs = new Map<string, RunPair>();
  private readonly runs: RunIndex[];

  /** @throws Error when the document holds no comparison. */
  constructor(document: Document, private readonly main: RunIndex) {
    const comparison = document.comparison;
    if (!comparison) throw new Error("the document holds no comparison");
    this.names = comparison.names;
    this.runs = comparison.runs.map((run) => new RunIndex({ run, views: [], comparison: null }));
  }

  /** Names of the runs that are held against the first. */
  get others(): readonly string[] {
    return this.names.slice(1);
  }

  /** The first run and the one of that name; the nearest without a name. */
  pair(name: string | null): RunPair {
    const wanted = name !== null && this.others.includes(name) ? name : this.others[0]!;
    let pair = this.pairs.get(wanted);
    if (!pair) {
      const at = this.others.indexOf(wanted);
      pair = new RunPair(wanted, this.runs[0]!, at === 0 ? this.main : this.runs[at]!, this.main);
      this.pairs.set(wanted, pair);
    }
    return pair;
  }
}
