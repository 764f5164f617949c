/** The run in the forms that the page asks for: everything by node. */

import type { Document, Finding, Gap, Node, Run, TensorSummary, View } from "../generated/document";
import { BackwardIndex, type Direction } from "./backward";
import { ofSplit } from "./columnvalues";
import { GraphIndex, ROOT } from "./graph";
import { numberOf, toNumber } from "./format";
import { type Figures, figures, merge, scaled } from "./summary";

export type Quantity = "parameter" | "activation" | "gradient" | "update";
type Row = Record<string, unknown>;

/** A distribution at a step, how many values the tensors have, and how many of them were seen. */
export interface Measured {
  step: number;
  summary: TensorSummary;
  elements: number;
  seen: number;
}

const EMPTY = { nodes: {}, edges: [], saved: [], capture: { status: "complete", error: null, failed_node: null, level: "user", unlinked: [], unreached_parameters: [], dispatched_only: [], fast_paths_off: [], host_reads: [], notes: [] } } as const;

/** Tables that findings are made of. */
const MEASURED = ["distributions", "norms", "scalars", "evaluation", "confusion", "cost", "parameters"];

export class RunIndex {
  readonly run: Run;
  readonly views: Map<string, View>;
  readonly graph: GraphIndex;
  /** The way back; null where it was not looked at. */
  readonly backward: BackwardIndex | null;
  private readonly rowsByTable = new Map<string, Row[]>();
  private readonly byNode = new Map<string, Map<string, Row[]>>();
  private readonly merged = new Map<string, TensorSummary | null>();
  private readonly histories = new Map<string, Measured[]>();
  private severities: Map<string, Finding["severity"]> | null = null;
  private stepsFound: number[] | null = null;
  private readonly counts = new Map<string, number>();

  constructor(document: Document) {
    this.run = document.run;
    this.views = new Map(document.views.map((view) => [view.name, view]));
    this.graph = new GraphIndex(
      this.run.graph ?? { ...EMPTY, edges: [], saved: [], capture: { ...EMPTY.capture, level: "user", unlinked: [], unreached_parameters: [], dispatched_only: [], fast_paths_off: [], host_reads: [], notes: [] } },
    );
    this.backward = this.run.backward ? new BackwardIndex(this.run.backward, this.graph) : null;
    this.countParameters();
  }

  /** Forget what was worked out of these tables, and of findings: they have grown. */
  grow(tables: ReadonlySet<string>): void {
    for (const table of tables) {
      this.rowsByTable.delete(table);
      this.byNode.delete(table);
    }
    if (tables.has("distributions")) {
      this.merged.clear();
      this.histories.clear();
    }
    if (tables.has("nodes") || tables.has("parameters")) {
      this.counts.clear();
      this.countParameters();
    }
    this.severities = null;
    this.stepsFound = null;
  }

  /** A node of either graph, by an id that may come from elsewhere. */
  node(id: string): Node | undefined {
    return this.graph.node(id) ?? this.backward?.graph.node(id);
  }

  /** The graph that knows the node: where its parents and children are found. */
  graphWith(id: string): GraphIndex {
    return this.backward?.isStep(id) ? this.backward.graph : this.graph;
  }

  /** What is drawn in a direction. */
  graphOf(direction: Direction): GraphIndex {
    if (!this.backward || direction === "forward") return this.graph;
    return direction === "backward" ? this.backward.graph : this.backward.joined;
  }

  /** Rows of a table as objects. */
  rows(table: string): Row[] {
    let rows = this.rowsByTable.get(table);
    if (!rows) {
      const cells = this.run.tables[table]?.cells ?? {};
      const names = Object.keys(cells);
      const length = names.length ? cells[names[0]!]!.length : 0;
      rows = Array.from({ length }, (_, i) =>
        Object.fromEntries(names.map((name) => [name, cells[name]![i]])),
      );
      this.rowsByTable.set(table, rows);
    }
    return rows;
  }

  rowsOf(table: string, node: string): Row[] {
    let index = this.byNode.get(table);
    if (!index) {
      index = new Map();
      for (const row of this.rows(table)) {
        const id = String(row["node"]);
        const known = index.get(id);
        if (known) known.push(row);
        else index.set(id, [row]);
      }
      this.byNode.set(table, index);
    }
    return index.get(node) ?? [];
  }

  /** Parameters in a node and everything inside it, shared ones once. */
  parameterCount(id: string): number {
    return this.counts.get(id) ?? 0;
  }

  /** A number of the table `cost`, forward; it may be NaN. */
  cost(id: string, column: "time_s" | "flops" | "activation_bytes"): number | null {
    const row = this.rowsOf("cost", id).find((r) => r["phase"] === "forward");
    return row ? numberOf(row[column]) : null;
  }

  /** Why a node has no FLOPs; null where it has some or nothing is known. */
  withoutFlops(id: string): string | null {
    const counting = this.rowsOf("nodes", id)[0]?.["counting"];
    if (counting === "nothing to count") return counting;
    return counting === "no formula" ? "not counted, no formula" : null;
  }

  /** What part of a module its FLOPs stand for: a sentence, and the same in a few words. */
  flopCoverage(id: string): { statement: string; short: string } | null {
    const row = this.rowsOf("flop_coverage", id)[0];
    return row ? { statement: String(row["statement"]), short: String(row["short"]) } : null;
  }

  /**
   * The distribution of a quantity at a step, or the last one before it; the latest without a step.
   * Of parameters and their gradients over everything inside a node, of activations of the node itself.
   */
  summary(id: string, quantity: Quantity, step: number | null = null): TensorSummary | null {
    const key = `${quantity}\u0000${step ?? ""}\u0000${id}`;
    if (!this.merged.has(key)) this.merged.set(key, this.mergeRows(id, quantity, step ?? Infinity));
    return this.merged.get(key)!;
  }

  figures(id: string, quantity: Quantity, step: number | null = null): Figures | null {
    const summary = this.summary(id, quantity, step);
    return summary && figures(summary);
  }

  /** Norm of a quantity over a node's parameters: the root mean square over the batches seen. */
  normOf(id: string, quantity: Quantity, step: number | null = null): number | null {
    const parameters = this.parameterCount(id);
    const found = parameters ? this.figures(id, quantity, step) : null;
    if (!found || !found.count) return null;
    return found.nonfinite ? NaN : found.norm * Math.sqrt(parameters / found.count);
  }

  /** Norm of the gradient of a node's parameters. */
  gradientNorm(id: string, step: number | null = null): number | null {
    return this.normOf(id, "gradient", step);
  }

  /** The steps that can be looked at, rising: those of distributions, else of scalars; none if only one. */
  get steps(): readonly number[] {
    if (this.stepsFound) return this.stepsFound;
    const of = (table: string) => {
      const cells = this.run.tables[table]?.cells["step"] ?? [];
      return [...new Set(cells.map(toNumber).filter((step) => step !== null))].sort((a, b) => a - b);
    };
    const found = of("distributions");
    this.stepsFound = found.length > 1 ? found : of("scalars");
    if (this.stepsFound.length < 2) this.stepsFound = [];
    return this.stepsFound;
  }

  /** The splits that something was measured on, as they come. */
  get splits(): readonly string[] {
    const found = new Set<string>();
    for (const table of ["evaluation", "confusion", ...Object.keys(this.run.tables)])
      for (const split of this.run.tables[table]?.cells["split"] ?? []) if (typeof split === "string" && split) found.add(split);
    return [...found];
  }

  /** The worst severity among the findings about a node or something inside it. */
  worstOf(id: string): Finding["severity"] | null {
    if (!this.severities) {
      this.severities = new Map();
      for (const severity of ["info", "warning", "error"] as const)
        for (const finding of this.run.findings.filter((each) => each.severity === severity))
          for (const node of finding.nodes)
            if (this.graph.has(node)) for (const around of [node, ...this.graph.ancestors(node), ROOT]) this.severities.set(around, severity);
    }
    return this.severities.get(id) ?? null;
  }

  /** Findings that were made on a split, and those that belong to none; all of them without one. */
  findingsOn(split: string | null): readonly Finding[] {
    const { findings } = this.run;
    return split === null ? findings : findings.filter((finding) => finding.split === null || finding.split === split);
  }

  /** Whether there is anything that a rule could judge. */
  get isMeasured(): boolean {
    return MEASURED.some((table) => this.rows(table).length > 0);
  }

  /** Findings about a node or about something inside it. */
  findingsOf(id: string, split: string | null = null): Finding[] {
    const inside = new Set(this.graph.withDescendants(id));
    return this.findingsOn(split).filter((finding) => finding.nodes.some((node) => inside.has(node)));
  }

  /** Why a quantity of a node was not measured. */
  gapsOf(id: string, what: string): Gap[] {
    const gaps = this.run.gaps.filter((gap) => gap.what === what);
    const own = gaps.filter((gap) => gap.node === id);
    if (own.length) return own;
    const general = gaps.filter((gap) => gap.node === null);
    if (general.length) return general;
    const measured = this.rows("distributions").some((row) => row["quantity"] === what);
    return measured ? [] : gaps; // one failure that left everything out
  }

  /** The distribution at every step at which it was measured, first to last; of activations on a split. */
  history(id: string, quantity: Quantity, split: string | null = null): Measured[] {
    const key = `${quantity}\u0000${split ?? ""}\u0000${id}`;
    let found = this.histories.get(key);
    if (!found) this.histories.set(key, (found = this.historyOf(id, quantity, split)));
    return found;
  }

  private historyOf(id: string, quantity: Quantity, split: string | null): Measured[] {
    const byStep = new Map<number, Row[]>();
    for (const row of ofSplit(this.measuredRows(id, quantity), split)) {
      const atStep = byStep.get(stepOf(row));
      if (atStep) atStep.push(row);
      else byStep.set(stepOf(row), [row]);
    }
    return [...byStep].sort(([a], [b]) => a - b).flatMap(([step, rows]) => {
      const summary = mergeOf(rows);
      const elements = rows.reduce((sum, row) => sum + (toNumber(row["elements"]) ?? 0), 0);
      const seen = rows.reduce((sum, row) => sum + ((row["summary"] as TensorSummary | null)?.count ?? 0), 0);
      return summary ? [{ step, summary, elements: elements || summary.count, seen }] : [];
    });
  }

  private mergeRows(id: string, quantity: Quantity, until: number): TensorSummary | null {
    const rows = this.measuredRows(id, quantity).filter((row) => stepOf(row) <= until);
    const last = rows.reduce((step, row) => Math.max(step, stepOf(row)), 0);
    return mergeOf(rows.filter((row) => stepOf(row) === last));
  }

  /** Parameters and their gradients of everything inside a node, activations of the node itself. */
  private measuredRows(id: string, quantity: Quantity): Row[] {
    const whole = quantity === "parameter" || quantity === "gradient" || quantity === "update";
    const ids = whole ? [id, ...this.graph.descendants(id)] : [id];
    const rows = ids.flatMap((node) => this.rowsOf("distributions", node)).filter((row) => row["quantity"] === quantity);
    if (!whole) return rows;
    const named = rows.filter((row) => !isOutput(String(row["tensor"])));
    return named.length ? named : rows.filter((row) => row["node"] === id);
  }

  /** As the table of nodes says; reports of a folder alone may have none, and are counted here. */
  private countParameters(): void {
    for (const row of this.rows("nodes")) this.counts.set(String(row["node"]), Number(row["parameter_count"]));
    if (this.counts.size) return;
    const sizes = new Map<string, number>();
    const first = new Map<string, string>();
    for (const row of this.rows("parameters")) {
      if (row["kind"] !== "parameter") continue;
      const name = String(row["tensor"]);
      first.set(name, String(row["tied_to"] ?? name));
      if (row["tied_to"] === null) sizes.set(name, Number(row["count"]));
    }
    const held = new Map<string, Set<string>>();
    for (const node of this.graph.nodes.values()) {
      const names = node.parameters.map((name) => first.get(name) ?? name);
      for (const id of [node.id, ...this.graph.ancestors(node.id), "."]) {
        const set = held.get(id) ?? new Set();
        names.forEach((name) => set.add(name));
        held.set(id, set);
      }
    }
    for (const [id, names] of held)
      this.counts.set(id, [...names].reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0));
  }
}

/** Whether a tensor is what a node put out, and no parameter, not even of a module called so. */
function isOutput(tensor: string): boolean {
  return /^output(\[\d+\])?$/.test(tensor);
}

function stepOf(row: Row): number {
  return Number(row["step"] ?? 0);
}

/** Samples count for as many values as they stand for, so that large tensors weigh as they should. */
function mergeOf(rows: readonly Row[]): TensorSummary | null {
  const found = rows.filter((row) => row["summary"]);
  return merge(
    found.map((row) => {
      const summary = row["summary"] as TensorSummary;
      const elements = toNumber(row["elements"]);
      const isAlone = found.length === 1; // its own counts are the true ones
      return isAlone || !elements || !summary.count ? summary : scaled(summary, elements / summary.count);
    }),
  );
}
