/** One number a node out of a column: rows of several steps, splits and tensors resolved. */

import type { Column, Table } from "../generated/document";
import { numberOf } from "./format";
import { GraphIndex, ROOT } from "./graph";
import type { RunIndex } from "./run";

/** What of a run is looked at: a step (null: the latest) and a split (null: the first). */
export interface Moment {
  step: number | null;
  split: string | null;
}

type Row = Record<string, unknown>;

/** Text columns that part the rows of a table into series, each a measure of its own. */
const SERIES = ["phase", "quantity", "metric", "name"] as const;

/** The series of a table: the combinations of what its key columns say; one empty one without any. */
export function seriesOf(table: Table): Record<string, string>[] {
  const keys = SERIES.filter((key) => key !== "name" || table.name === "scalars").filter((key) => table.cells[key]);
  const found = new Map<string, Record<string, string>>();
  const length = Object.values(table.cells)[0]?.length ?? 0;
  for (let row = 0; row < length; row++) {
    const series = Object.fromEntries(keys.map((key) => [key, String(table.cells[key]![row] ?? "")]));
    found.set(JSON.stringify(series), series);
  }
  return [...found.values()];
}

export class ColumnValues {
  /** Whether groups without a value of their own got one from what is inside. */
  filled = false;
  private readonly rows: Map<string, Row[]>;
  private readonly known = new Map<string, Map<string, number>>();

  constructor(
    private readonly run: RunIndex,
    table: string,
    private readonly column: Column,
    series: Record<string, string>,
  ) {
    this.rows = new Map();
    const wanted = Object.entries(series);
    for (const row of run.rows(table)) {
      if (!wanted.every(([key, value]) => String(row[key] ?? "") === value)) continue;
      const id = String(row["node"] || ROOT);
      const rows = this.rows.get(id);
      if (rows) rows.push(row);
      else this.rows.set(id, [row]);
    }
  }

  of(id: string, at: Moment): number | null {
    const key = `${at.step ?? ""}|${at.split ?? ""}`;
    let values = this.known.get(key);
    if (!values) this.known.set(key, (values = this.all(at)));
    return values.get(id) ?? null;
  }

  /** Whether the table speaks of the node, if only to say that nothing was measured. */
  isListed(id: string): boolean {
    return this.rows.has(id);
  }

  private all(at: Moment): Map<string, number> {
    const values = new Map<string, number>();
    for (const [id, rows] of this.rows) {
      const value = this.resolve(rows, at);
      if (value !== null) values.set(id, value);
    }
    if (this.column.groups !== "none") this.fillGroups(this.run.graph, values);
    return values;
  }

  /** Inner groups first, so that each is looked at once. */
  private fillGroups(graph: GraphIndex, values: Map<string, number>): void {
    for (const group of [ROOT, ...graph.groups()].reverse()) {
      if (values.has(group)) continue;
      const inside = graph.children(group).map((child) => values.get(child)).filter((value) => value !== undefined);
      if (!inside.length) continue;
      values.set(group, this.combine(inside));
      this.filled = true;
    }
  }

  private resolve(rows: readonly Row[], at: Moment): number | null {
    const values = latest(ofSplit(ofFirstRank(rows), at.split), at.step)
      .filter((row) => !(this.column.groups === "sum" && row["tied_to"])) // the same memory, counted at its owner
      .map((row) => numberOf(row[this.column.name]))
      .filter((value) => value !== null);
    return values.length ? this.combine(values) : null;
  }

  private combine(values: readonly number[]): number {
    if (this.column.groups === "sum") return values.reduce((sum, value) => sum + value, 0);
    return values.reduce((most, value) => Math.max(most, value)); // NaN stays NaN
  }
}

/** The rows of a split, and those that are of none; those of the first split where it has none. */
export function ofSplit(rows: readonly Row[], split: string | null): readonly Row[] {
  const splits = new Set(rows.map((row) => row["split"]).filter((own) => typeof own === "string"));
  if (splits.size < 2) return rows;
  const wanted = splits.has(split as string) ? split : [...splits][0];
  return rows.filter((row) => row["split"] === wanted || typeof row["split"] !== "string");
}

function ofFirstRank(rows: readonly Row[]): readonly Row[] {
  const ranks = rows.map((row) => row["rank"]).filter((rank) => typeof rank === "number");
  if (!ranks.length) return rows;
  const first = ranks.reduce((least, rank) => Math.min(least, rank));
  return rows.filter((row) => (row["rank"] ?? first) === first);
}

/** The rows of the last step that is not after the one looked at. */
function latest(rows: readonly Row[], step: number | null): readonly Row[] {
  const stepOf = (row: Row) => (typeof row["step"] === "number" ? row["step"] : -Infinity);
  const until = rows.filter((row) => stepOf(row) <= (step ?? Infinity));
  const last = until.reduce((most, row) => Math.max(most, stepOf(row)), -Infinity);
  return until.filter((row) => stepOf(row) === last);
}
