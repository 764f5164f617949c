/** The same chart on another axis: linear, symmetric logarithmic or logarithmic. */

import type { Axis, Panel } from "../generated/document";

export type Scaling = "linear" | "symlog" | "log";
export const SCALINGS: readonly Scaling[] = ["linear", "symlog", "log"];

const BINS = 60;
type Mark = Panel["marks"][number];
type Amounts = Extract<Mark, { kind: "ridges" }>["shares"][number];

/** The axis that values are drawn on now; null for a chart on which there is nothing to choose. */
export function scalingOf(panel: Panel): Scaling | null {
  const found = panel.marks.find((mark) => mark.kind !== "rule" && mark.kind !== "zone");
  if (!found) return null;
  if (found.kind === "heatmap") return found.unit === "%" ? null : found.scale;
  if (found.kind === "bars" || found.kind === "scatter") return null;
  const axis = found.kind === "line" || found.kind === "envelope" ? panel.y : panel.x;
  if ((found.kind === "ridges" || found.kind === "histogram") && axis.scale !== "symlog") return null;
  return axis.scale === "category" ? null : axis.scale;
}

/** The panel with its values on another axis; bins are made anew of those that it has. */
export function rescaled(panel: Panel, scale: Scaling): Panel {
  const marks = panel.marks.map((mark) => ofMark(mark, scale));
  const kinds = new Set(panel.marks.map((mark) => mark.kind));
  if (kinds.has("ridges") || kinds.has("histogram")) return { ...panel, marks, x: { ...panel.x, scale, label: scale === "log" ? `|${panel.x.label}|` : panel.x.label } };
  if (kinds.has("band")) return { ...panel, marks, x: on(panel.x, scale) };
  if (kinds.has("heatmap")) return { ...panel, marks };
  return { ...panel, marks, y: on(panel.y, scale) };
}

function on(axis: Axis, scale: Scaling): Axis {
  return axis.scale === "category" ? axis : { ...axis, scale };
}

function ofMark(mark: Mark, scale: Scaling): Mark {
  if (mark.kind === "heatmap") return mark.unit === "%" ? mark : { ...mark, scale };
  if (scale === "symlog" || (mark.kind !== "ridges" && mark.kind !== "histogram")) return mark;
  const [edges, rows] = rebinned(mark.edges.map(Number), mark.kind === "ridges" ? mark.shares : [mark.counts], scale);
  return mark.kind === "ridges" ? { ...mark, edges, shares: rows } : { ...mark, edges, counts: rows[0]! };
}

/** Edges and amounts of the same rows in bins of another axis; an empty row stays empty. */
export function rebinned(edges: readonly number[], rows: readonly Amounts[], scale: Scaling): [number[], Amounts[]] {
  return scale === "log" ? folded(edges, rows) : evenly(edges, rows);
}

/** Even bins over those in use; each old bin's amount is shared among those that it overlaps. */
function evenly(edges: readonly number[], rows: readonly Amounts[]): [number[], Amounts[]] {
  const used = edges.slice(1).flatMap((_, i) => (rows.some((row) => Number(row[i] ?? 0) > 0) ? [i] : []));
  const low = Math.min(0, edges[used[0] ?? 0]!);
  const high = Math.max(0, edges[(used.at(-1) ?? edges.length - 2) + 1]!);
  const made = Array.from({ length: BINS + 1 }, (_, i) => low + (i / BINS) * (high - low || 1));
  return [made, rows.map((row) => (row.length ? spread(edges, row.map(Number), made) : []))];
}

function spread(edges: readonly number[], row: readonly number[], made: readonly number[]): number[] {
  const found = new Array<number>(made.length - 1).fill(0);
  row.forEach((amount, i) => {
    const [from, to] = [edges[i]!, edges[i + 1]!];
    if (amount <= 0 || to <= from) return;
    for (let bin = 0; bin < found.length; bin++) {
      const overlap = Math.min(to, made[bin + 1]!) - Math.max(from, made[bin]!);
      if (overlap > 0) found[bin]! += (amount * overlap) / (to - from);
    }
  });
  return found;
}

/** Magnitudes: the bins of both signs on one another. */
function folded(edges: readonly number[], rows: readonly Amounts[]): [number[], Amounts[]] {
  const half = edges.length / 2;
  const isMirrored = Number.isInteger(half) && half > 1 && edges.every((edge, i) => edge === -edges[edges.length - 1 - i]!);
  if (!isMirrored) return [[...edges], [...rows]];
  const fold = (row: Amounts): Amounts => row.slice(half).map((amount, i) => Number(amount) + Number(row[half - 2 - i]));
  return [edges.slice(half), rows.map((row) => (row.length ? fold(row) : []))];
}
