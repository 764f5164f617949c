/** Small runs for tests: nodes, tables and a document around them. */

import type { Column, Document, Graph, Node, Run, Table, TensorSummary } from "../../generated/document";

export function node(id: string, parent: string | null, change: Partial<Node> = {}): Node {
  const name = id.split(/[./]/).pop() || id;
  return { id, kind: "module", name, type: "Linear", parent, inputs: [], outputs: [], parameters: [], attributes: {}, flops: null, source: null, order: 0, atomic: false, aten: [], ...change };
}

export function graphOf(nodes: Node[]): Graph {
  const capture = { status: "complete", error: null, failed_node: null, level: "user", unlinked: [], unreached_parameters: [], dispatched_only: [], fast_paths_off: [], host_reads: [], notes: [] } as const;
  return { nodes: Object.fromEntries(nodes.map((each) => [each.id, each])), edges: [], saved: [], capture: { ...capture, unlinked: [], unreached_parameters: [], dispatched_only: [], fast_paths_off: [], host_reads: [], notes: [] } };
}

type Cell = Table["cells"][string][number];

/** A table whose columns say what is asked of them; numbers are of kind "number". */
export function tableOf(name: string, rows: Record<string, Cell>[], said: Record<string, Partial<Column>> = {}): Table {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const kind = (column: string) => (rows.some((row) => typeof row[column] === "number") ? "number" : "text");
  const columns = names.map((column): Column => ({ name: column, kind: kind(column), meaning: "", unit: "", label: "", groups: "none", ...said[column] }));
  return { name, columns, cells: Object.fromEntries(names.map((column) => [column, rows.map((row) => row[column] ?? null)])) };
}

export function runOf(nodes: Node[], tables: Table[] = [], change: Partial<Run> = {}): Run {
  return { name: "net", created: "", model: null, graph: graphOf(nodes), tables: Object.fromEntries(tables.map((table) => [table.name, table])), findings: [], gaps: [], classes: [], facts: {}, schema_version: 1, backward: null, excerpts: [], ...change };
}

export function documentOf(nodes: Node[], tables: Table[] = [], change: Partial<Run> = {}): Document {
  return { run: runOf(nodes, tables, change), views: [], comparison: null };
}

export function ones(count: number, change: Partial<TensorSummary> = {}): TensorSummary {
  return { count, nan: 0, positive_infinity: 0, negative_infinity: 0, zero: 0, subnormal: 0, minimum: 1, maximum: 1, total: count, total_squares: count, total_absolute: count, bin_keys: [16384], bin_counts: [count], ...change };
}
