/** What the server says has changed of a run, and how it is worked into what the page has. */

import type { Column, Run, Table } from "../generated/document";

export interface TableChange {
  /** The row that the first of these is; 0 where the table begins anew. */
  from: number;
  /** Of a table that begins anew. */
  columns: Column[];
  cells: Table["cells"];
}

export interface Change {
  version: string;
  state?: string;
  structure?: string;
  /** All of the run but its graphs and tables, where any of it changed. */
  run?: Partial<Run> | null;
  tables?: Record<string, TableChange>;
}

/** Work a change into a run; gives the names of the tables that changed. */
export function applied(run: Run, change: Change): Set<string> {
  if (change.run) {
    const { tables: _, graph: __, backward: ___, excerpts: ____, ...head } = change.run;
    Object.assign(run, head);
  }
  const changed = new Set<string>();
  for (const [name, rows] of Object.entries(change.tables ?? {})) {
    const table = run.tables[name];
    if (rows.from === 0 || !table) run.tables[name] = { name, columns: rows.columns, cells: rows.cells };
    else append(table, rows);
    changed.add(name);
  }
  return changed;
}

/** Rows that the page has already, because an answer came twice, are put in their place again. */
function append(table: Table, rows: TableChange): void {
  for (const [name, cells] of Object.entries(rows.cells)) {
    const column = table.cells[name];
    if (!column) continue;
    column.length = Math.min(column.length, rows.from);
    for (const cell of cells) column.push(cell);
  }
}
