/** What nodes can be coloured by: one number a node, its unit, and how to write it. */

import type { Column, Table } from "../generated/document";
import { bytes, figures, percent, seconds, si } from "./format";
import { ROOT } from "./graph";
import { ColumnValues, type Moment, seriesOf } from "./columnvalues";
import { summaryMeasures } from "./summarymeasures";
import type { RunIndex } from "./run";

export { colourAt } from "./palettes";

export interface Measure {
  /** Under which it stands in an address: `gradients`, `cost.time_s`. */
  name: string;
  label: string;
  /** Heading in the list of measures: the table that it comes from. */
  table: string;
  /** What it is, in a few words, for the legend. */
  note: string;
  /** A number of a node; NaN and infinities are numbers, null is not measured. */
  value: (id: string, at: Moment) => number | null;
  format: (value: number) => string;
  /** The same in little room; without it as `format` writes it. */
  short?: (value: number) => string;
  /** What was not measured, when there is no value for a node that could have one. */
  gap: string;
  /** Whether the node could have a value: without one it was not measured. */
  applies: (id: string) => boolean;
  /** What the other nodes are said to be. */
  without: string;
  /** How a group that was not measured by itself comes by its value; empty where it has its own. */
  groups: string;
  /** How much of the model the values stand for. */
  coverage?: string | undefined;
}

/** Tables that are joined by node, but whose numbers place things and measure nothing. */
const NO_MEASURES = new Set(["folds", "differences", "matches", "distributions", "saved_tensors", "edges"]);
const PLACES = new Set(["step", "rank"]);

const TITLES: Record<string, string> = {
  nodes: "Structure",
  parameters: "Parameters",
  cost: "Cost",
  flop_coverage: "FLOP coverage",
  tensor_differences: "Change of the weights",
};

/** Every measure that the run has numbers for; the usual ones first, then those of each table. */
export function measures(run: RunIndex): Measure[] {
  const usual = usualMeasures(run).filter((measure) => run.graph.nodes.size > 0 && hasValue(run, measure));
  const taken = new Set(["nodes.parameter_count", "nodes.flops", "cost.parameter_count.forward", "cost.parameter_count.backward", "cost.time_s.forward", "cost.flops.forward", "cost.activation_bytes.forward"]);
  const others = Object.values(run.run.tables)
    .filter((table) => table.cells["node"] && !NO_MEASURES.has(table.name))
    .flatMap((table) => tableMeasures(run, table))
    .filter((measure) => !taken.has(measure.name));
  return grouped([...usual, ...summaryMeasures(run), ...others]);
}

/** Those of one table together, tables in the order in which they come first. */
function grouped(all: Measure[]): Measure[] {
  const tables = [...new Set(all.map((measure) => measure.table))];
  return tables.flatMap((table) => all.filter((measure) => measure.table === table));
}

const LATEST: Moment = { step: null, split: null };

function hasValue(run: RunIndex, measure: Measure): boolean {
  return [...run.graph.nodes.keys()].some((id) => id !== ROOT && (measure.value(id, LATEST) ?? 0) !== 0); // NaN is one
}

function usualMeasures(run: RunIndex): Measure[] {
  const withParameters = { applies: (id: string) => run.parameterCount(id) > 0, without: "no parameters" };
  return [
    {
      name: "parameters",
      label: "Parameters",
      table: "Structure",
      note: "count, shared ones once",
      value: (id) => run.parameterCount(id) || null,
      format: si,
      gap: "parameters",
      groups: "",
      ...withParameters,
    },
    {
      name: "flops",
      label: "FLOPs",
      table: "Cost",
      note: "forward, multiply-add = 2",
      value: (id) => run.graph.nodes.get(id)?.flops as number | null,
      format: si,
      gap: "cost",
      applies: (id) => run.rowsOf("nodes", id)[0]?.["counting"] === "no formula",
      without: "none",
      groups: "",
      coverage: run.flopCoverage(ROOT)?.statement,
    },
    {
      name: "time",
      label: "Time",
      table: "Cost",
      note: "forward, median of 3",
      value: (id) => run.cost(id, "time_s"),
      format: seconds,
      gap: "cost",
      applies: (id) => run.rowsOf("cost", id).length > 0,
      without: "no value",
      groups: "",
    },
    {
      name: "bytes",
      label: "Output size",
      table: "Cost",
      note: "bytes of the outputs",
      value: (id) => run.cost(id, "activation_bytes"),
      format: bytes,
      gap: "cost",
      applies: () => false,
      without: "no value",
      groups: "",
    },
    {
      name: "held",
      label: "Memory kept",
      table: "Backward",
      note: "bytes for backward, at the first saver",
      value: (id) => run.backward?.held(id) ?? null,
      format: bytes,
      gap: "backward",
      applies: () => false,
      without: "no value",
      groups: "the sum of what is inside",
    },
  ];
}

/** A measure for each numeric column of a table, and for each series of rows in it. */
function tableMeasures(run: RunIndex, table: Table): Measure[] {
  const numeric = table.columns.filter((column) => isNumeric(column) && !PLACES.has(column.name));
  return numeric.flatMap((column) =>
    seriesOf(table).map((series) => {
      const values = new ColumnValues(run, table.name, column, series);
      const name = [table.name, column.name, ...Object.values(series)].join(".");
      return fromColumn(table, column, Object.values(series), values, name);
    }),
  ).filter((measure) => hasValue(run, measure));
}

function fromColumn(table: Table, column: Column, series: string[], values: ColumnValues, name: string): Measure {
  const isOwn = !(table.name in TITLES);
  const base = column.label || readable(isOwn && column.name === "value" ? table.name : column.name);
  return {
    name,
    label: [base, ...series].join(", "),
    table: TITLES[table.name] ?? (isOwn ? "Your own" : readable(table.name)),
    note: [column.meaning, unitNote(column.unit)].filter(Boolean).join(", ") || (isOwn ? "your own numbers" : readable(table.name)),
    value: (id, at) => values.of(id, at),
    format: formatOf(column.unit),
    short: column.unit in WRITTEN ? formatOf(column.unit) : plain,
    gap: table.name,
    applies: (id) => values.isListed(id),
    without: "no value",
    get groups() {
      return values.filled ? GROUP_RULES[column.groups] : ""; // known once values were asked for
    },
  };
}

const GROUP_RULES: Record<Column["groups"], string> = {
  sum: "the sum of what is inside",
  max: "the largest inside",
  none: "",
};

function isNumeric(column: Column): boolean {
  return column.kind === "integer" || column.kind === "number";
}

const WRITTEN: Record<string, (value: number) => string> = {
  s: seconds,
  B: bytes,
  FLOP: si,
  "FLOP/s": si,
  share: (value) => `${percent(value)} %`,
};

/** How numbers of a unit are written; one that is not known stands behind the number. */
export function formatOf(unit: string): (value: number) => string {
  const known = WRITTEN[unit];
  if (known) return known;
  return unit ? (value) => `${plain(value)} ${unit}` : plain;
}

function plain(value: number): string {
  return Number.isInteger(value) && Math.abs(value) >= 1e4 ? si(value) : figures(value);
}

function unitNote(unit: string): string {
  return unit && !(unit in WRITTEN) ? `in ${unit}` : "";
}

/** `activation_bytes` as people say it: the unit at its end is written with the number. */
function readable(name: string): string {
  const words = name.replace(/_(s|bytes)$/, "").replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
