/** How the values of a node moved through a training: bands over the steps, and a ridge a step. */

import type { Line, Panel, Ridges, TensorSummary, View } from "../generated/document";
import { h } from "../app/dom";
import { count } from "../model/format";
import { decadesOf, figures, quantilesOf, toHistogram } from "../model/summary";
import { type ViewContext, drawView } from "./view";

const MOST_BANDS = 120;
const MOST_RIDGES = 10;
const BANDS = [[0, 6, "smallest to largest", 0.12], [1, 5, "5 to 95 %", 0.16], [2, 4, "25 to 75 %", 0.24]] as const;
const QUANTILES = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1];
/** Gradients and updates reach over decades, weights and outputs do not. */
const SIGNED_LOG: readonly string[] = ["gradients", "updates"];

export interface HistoryRow {
  label: string;
  role: Line["role"];
  history: readonly { step: number; summary: TensorSummary; elements: number; seen: number }[];
}

/** A band and a ridge for each quantity that was measured at several steps. */
export function throughTraining(rows: readonly HistoryRow[], context: ViewContext): HTMLElement {
  const body = h("div", "through-training");
  for (const row of rows) {
    const panels = [bandsOf(row), ridgesOf(row)].filter((panel) => panel !== null);
    const view: View = { name: `steps-${row.label.toLowerCase()}`, title: row.label, subtitle: "", description: `${row.label} over the optimizer steps.`, panels, gaps: [] };
    body.append(drawView(view, context));
  }
  return body;
}

function bandsOf(row: HistoryRow): Panel {
  const shown = evenly(row.history, MOST_BANDS);
  const holes = holesIn(shown.map(({ step }) => step));
  const places = shown.flatMap(({ step, summary }) => {
    const found = quantilesOf(summary, QUANTILES) ?? QUANTILES.map(() => (summary.count ? ("NaN" as const) : null));
    const before = holes.find(([, end]) => end === step);
    return before ? [{ x: before[0] + 0.5, found: QUANTILES.map(() => null) }, { x: step, found }] : [{ x: step, found }];
  });
  const x = places.map((place) => place.x);
  const column = (at: number): Line["y"] => places.map(({ found }) => found[at] ?? null);
  const line: Line = { kind: "line", x, y: column(3), label: "median", role: row.role, dashed: false, markers: shown.length <= 30 };
  return {
    title: row.label,
    x: { label: "optimizer steps", unit: "", scale: "linear", categories: [] },
    y: { label: row.label.toLowerCase(), unit: "", scale: SIGNED_LOG.includes(row.role) ? "symlog" : "linear", categories: [] },
    marks: [...holes.map(([low, high]) => ({ kind: "zone" as const, axis: "x" as const, low, high, label: "not measured", hatched: true })), ...BANDS.map(([low, high, label, strength]) => ({ kind: "envelope" as const, x, low: column(low), high: column(high), label, role: row.role, strength })), line],
    note: `${basis(row)}${few(shown, row)}`,
  };
}

function ridgesOf(row: HistoryRow): Panel | null {
  const shown = evenly(row.history, MOST_RIDGES);
  const decades = shown.map(({ summary }) => decadesOf(summary)).filter((found) => found !== null);
  if (!decades.length) return null;
  const last = Math.max(...decades.map(([, high]) => high));
  const first = Math.max(last - 9, Math.min(...decades.map(([low]) => low)));
  const histograms = shown.map(({ summary }) => toHistogram(summary, first, last));
  const numbers = shown.map(({ summary }) => figures(summary));
  const mark: Ridges = {
    kind: "ridges",
    edges: histograms[0]!.edges,
    shares: histograms.map(({ counts }, i) => counts.map((amount) => amount / Math.max(1, numbers[i]!.finite))),
    label: row.label,
    role: row.role,
    zero: numbers.map(({ zero, count: values }) => (values ? zero / values : null)),
    spread: numbers.map(({ std }) => std),
    odd: numbers.map(({ nonfinite }) => (nonfinite ? `${count(nonfinite)} not finite` : "")),
    nodes: [],
    missing: [],
    filled: "last",
  };
  return {
    title: `${row.label}, step by step`,
    x: { label: row.label.toLowerCase(), unit: "", scale: "symlog", categories: [] },
    y: { label: "", unit: "", scale: "category", categories: shown.map(({ step }) => `step ${count(step)}`) },
    marks: [mark],
    note: `Each ridge is as high as its own fullest bin; the bar at 0 is the share of zeros.${few(shown, row)}`,
  };
}

/** So many times as long as those beside it is a distance in which something is missing. */
const HOLE = 4;

/** Where nothing was measured for much longer than beside it: the steps around. */
function holesIn(steps: readonly number[]): [number, number][] {
  const apart = steps.slice(1).map((step, i) => step - steps[i]!);
  return apart.flatMap((distance, i): [number, number][] => {
    const beside = [apart[i - 1], apart[i + 1]].filter((near) => near !== undefined);
    return beside.length && distance > HOLE * Math.max(...beside) ? [[steps[i]!, steps[i + 1]!]] : [];
  });
}

/** How often it was measured, and of how many of the values: said where a sample stands for the whole. */
function basis({ history }: HistoryRow): string {
  const steps = history.map(({ step }) => step);
  const apart = steps.slice(1).map((step, i) => step - steps[i]!);
  const [least, most] = [Math.min(...apart), Math.max(...apart)];
  const every = least === most ? `every ${count(least)} steps` : `${count(least)} to ${count(most)} steps apart`;
  const sampled = history.find(({ seen, elements }) => seen < elements);
  const sample = sampled ? ` From a sample of ${count(sampled.seen)} of ${count(sampled.elements)} values.` : " From all values.";
  return `At ${count(history.length)} steps, ${every}.${sample}`;
}

function few(shown: readonly unknown[], { history }: HistoryRow): string {
  return shown.length < history.length ? ` ${shown.length} of ${count(history.length)} steps, evenly chosen.` : "";
}

/** At most so many, evenly chosen, the first and the last among them. */
function evenly<T>(all: readonly T[], most: number): T[] {
  if (all.length <= most) return [...all];
  return Array.from({ length: most }, (_, i) => all[Math.round((i * (all.length - 1)) / (most - 1))]!);
}
