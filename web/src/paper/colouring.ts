/** What nodes are coloured by, and how a number becomes a colour. */

import type { Theme } from "./drawing";
import { inUnit } from "../model/format";
import { ColourScale } from "../model/colourscale";
import { measures } from "../model/measures";
import { colourAt } from "../model/palettes";
import type { RunIndex } from "../model/run";

/** A number a node. `value` gives undefined where there can be none, and null where it was not measured. */
export interface Colouring {
  label: string;
  note: string;
  value: (id: string) => number | null | undefined;
  format: (value: number) => string;
  /** What nodes are said to be that can have no number. */
  without: string;
  coverage: string | null;
}

export type Scale = ColourScale;

/** On paper stand the last step and every split. */
const LATEST = { step: null, split: null };

/** Columns that say which row of a node is meant, and not how much of something there is. */
const KEYS = ["phase", "quantity", "step", "split", "rank"];
const FIGURES = ["mean", "std", "minimum", "maximum", "norm"] as const;
const QUANTITIES = ["parameter", "activation", "gradient", "update"] as const;

/** By the name of a measure or column; null gives none. @throws Error naming what there is, when nothing has that name. */
export function colouringOf(run: RunIndex, name: string | null): Colouring | null {
  if (name === null) return null;
  const all = measures(run);
  const measure = all.find((one) => one.name === (name === "auto" ? "gradients" : name)) ?? (name === "auto" ? all[0] : undefined);
  if (name === "auto" && !measure) return null;
  if (measure) {
    return {
      label: measure.label,
      note: measure.note,
      value: (id) => {
        const value = measure.value(id, LATEST);
        if (value !== null) return value;
        const gap = run.run.gaps.some((one) => one.node === id && one.what === measure.gap);
        return measure.applies(id) || gap ? null : undefined;
      },
      format: measure.format,
      without: measure.without,
      coverage: measure.coverage ?? null,
    };
  }
  return figureOf(run, name) ?? columnOf(run, name) ?? refuse(`cannot colour by ${JSON.stringify(name)}: there are ${choices(run, all.map((one) => one.name))}`);
}

/** A user's own numbers by node. */
export function overlayOf(given: { label: string; unit: string; values: Record<string, unknown> }): Colouring {
  return {
    label: given.label,
    note: given.unit,
    value: (id) => (Object.hasOwn(given.values, id) ? asNumber(given.values[id]) : undefined),
    format: (value) => inUnit(value, given.unit),
    without: "no value",
    coverage: null,
  };
}

/** The scale that the viewer would choose. */
export function scaleOf(values: number[], kind: "log" | "linear" | null): Scale {
  return new ColourScale(values, kind ?? "auto");
}

/** The colour of a number; null for one that has no place on the scale: not finite, or 0 on a log scale. */
export function fillOf(scale: Scale, value: number, theme: Theme): string | null {
  if (!Number.isFinite(value) || (scale.kind === "log" && value <= 0)) return null;
  return colourAt(scale.at(value), theme, scale.map);
}

/** `distributions.std[quantity=gradient]`: a figure of the latest distribution of a quantity. */
function figureOf(run: RunIndex, name: string): Colouring | null {
  const parts = /^distributions\.(\w+)(?:\[quantity=(\w+)\])?$/.exec(name);
  const figure = FIGURES.find((one) => one === parts?.[1]);
  const quantity = QUANTITIES.find((one) => one === (parts?.[2] ?? "parameter"));
  if (!parts || !figure || !quantity) return null;
  const measured = new Set(run.rows("distributions").filter((row) => row["quantity"] === quantity).map((row) => String(row["node"])));
  return {
    label: `distributions.${figure}`,
    note: `of ${quantity}s, latest step`,
    value: (id) => {
      const value = run.figures(id, quantity)?.[figure];
      if (value !== undefined) return value;
      return measured.has(id) || run.run.gaps.some((gap) => gap.node === id && gap.what === quantity) ? null : undefined;
    },
    format: (value) => inUnit(value, ""),
    without: "no value",
    coverage: null,
  };
}

/** `cost.time_s[phase=backward]`: a column, and which rows of a node are meant. */
function columnOf(run: RunIndex, name: string): Colouring | null {
  const parts = /^(\w+)\.(\w+)(?:\[([^\]]*)\])?$/.exec(name);
  const table = parts ? run.run.tables[parts[1]!] : undefined;
  const column = table?.columns.find((one) => one.name === parts![2]);
  const isNumber = column?.kind === "number" || column?.kind === "integer";
  if (!parts || !table || !column || !isNumber || !table.columns.some((one) => one.name === "node")) return null;
  const wanted = new Map<string, string>();
  for (const part of (parts[3] ?? "").split(",").filter(Boolean)) {
    const [key, value] = part.split("=").map((text) => text.trim());
    if (!table.columns.some((one) => one.name === key) || value === undefined)
      refuse(`${JSON.stringify(part)} in ${JSON.stringify(name)}: give key=value, with a column of the table ${table.name} as the key`);
    wanted.set(key!, value!);
  }
  for (const key of KEYS) {
    if (key === column.name || wanted.has(key) || !table.columns.some((one) => one.name === key)) continue;
    const found = [...new Set(run.rows(table.name).map((row) => row[key]).filter((value) => value !== null && value !== undefined))];
    if (found.length > 1) wanted.set(key, String(key === "step" ? Math.max(...found.map(Number)) : found[0]));
  }
  const matches = (row: Record<string, unknown>): boolean => [...wanted].every(([key, value]) => String(row[key] ?? "") === value);
  const which = [...wanted].map(([key, value]) => `${key} ${value}`);
  return {
    label: `${table.name}.${column.name}`,
    note: [column.unit, ...which].filter(Boolean).join(", ") || column.meaning,
    value: (id) => {
      const rows = run.rowsOf(table.name, id).filter(matches);
      const found = rows.map((row) => asNumber(row[column.name]));
      const known = found.filter((value) => value !== null);
      if (known.length === 0) return rows.length === 0 ? undefined : null;
      return known.reduce((sum, value) => sum + value, 0);
    },
    format: (value) => inUnit(value, column.unit),
    without: "no value",
    coverage: null,
  };
}

/** NaN and infinities are written as words in JSON. */
function asNumber(value: unknown): number | null {
  if (typeof value === "number") return value;
  return value === "NaN" || value === "Infinity" || value === "-Infinity" ? Number(value) : null;
}

function choices(run: RunIndex, names: string[]): string {
  const columns = Object.values(run.run.tables).flatMap((table) => {
    if (!table.columns.some((column) => column.name === "node")) return [];
    const numbers = table.columns.filter((column) => (column.kind === "number" || column.kind === "integer") && !KEYS.includes(column.name));
    return numbers.map((column) => `${table.name}.${column.name}`);
  });
  const figures = run.run.tables["distributions"] ? FIGURES.map((figure) => `distributions.${figure}[quantity=...]`) : [];
  return [...names, ...columns, ...figures].join(", ") || "no numbers in this run";
}

function refuse(message: string): never {
  throw new Error(message);
}
