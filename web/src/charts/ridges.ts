/** How a distribution moved through training: one ridge a step, the last one in front and filled. */

import type { Panel, TensorSummary } from "../generated/document";
import { h, s } from "../app/dom";
import { count, power } from "../model/format";
import { decadesOf, figures, toHistogram } from "../model/summary";
import { fileTools, tableBehind } from "./files";
import { tokenOfRole } from "./roles";
import type { HistogramRow } from "./histogram";

const WIDTH = 100;
const APART = 9;
const TALL = 22;
const AXIS = 14;
const MOST = 12;

export interface RidgeRow {
  label: string;
  role: HistogramRow["role"];
  history: { step: number; summary: TensorSummary }[];
}

/** Magnitudes at each step, side by side for each quantity that was measured more than once. */
export function ridges(rows: readonly RidgeRow[], name = "values"): HTMLElement {
  const panels = rows.map((row) => panelOf(row, name)).filter((panel) => panel !== null);
  const files = panels.map((panel) => fileTools("steps", panel));
  const tools = files.map(({ buttons }, i) => h("span", "tools", h("span", "faint", panels[i]!.x.label), ...buttons));
  const behind = tableBehind(name, panels, () => undefined);
  return h("div", {}, h("div", "ridges", ...rows.map(oneQuantity)), h("div", "many-tools", ...tools), behind, ...files.map(({ doubt }) => doubt));
}

/** One quantity as a panel of ridges over steps, signs told apart: for files and the table. */
function panelOf(row: RidgeRow, name: string): Panel | null {
  const decades = row.history.map(({ summary }) => decadesOf(summary)).filter((found) => found !== null);
  if (!decades.length) return null;
  const reach: [number, number] = [Math.min(...decades.map(([low]) => low)), Math.max(...decades.map(([, high]) => high))];
  const histograms = row.history.map(({ summary }) => toHistogram(summary, ...reach));
  const numbers = row.history.map(({ summary }) => figures(summary));
  return {
    title: `${name}: ${row.label} through training`,
    x: { label: row.label, unit: "", scale: "symlog", categories: [] },
    y: { label: "", unit: "", scale: "category", categories: row.history.map(({ step }) => `step ${count(step)}`) },
    marks: [
      {
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
      },
    ],
    note: "Each ridge is as high as its own fullest bin; the bar at 0 is the share of zeros.",
  };
}

function oneQuantity(row: RidgeRow): HTMLElement {
  const shown = thinned(row.history);
  const decades = shown.map(({ summary }) => decadesOf(summary)).filter((found) => found !== null);
  const [first, last] = [Math.min(...decades.map(([low]) => low)), Math.max(...decades.map(([, high]) => high))];
  const height = TALL + APART * (shown.length - 1) + AXIS;
  const label = `${row.label}: magnitudes from step ${count(shown[0]?.step ?? 0)} to step ${count(shown.at(-1)?.step ?? 0)}`;
  const chart = s("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": label });
  if (decades.length > 0) {
    shown.forEach(({ step, summary }, i) => chart.append(ridge(row, step, magnitudes(summary, first, last), TALL + APART * i, i === shown.length - 1)));
    chart.append(s("text", { x: 0, y: height - 3 }, power(first)), s("text", { x: WIDTH, y: height - 3, "text-anchor": "end" }, power(last)));
  }
  const heading = h("b", {}, `|${row.label}|`);
  heading.style.color = tokenOfRole(row.role);
  return h("div", {}, heading, chart);
}

function ridge(row: RidgeRow, step: number, amounts: readonly number[], base: number, isLast: boolean): SVGElement {
  const most = Math.max(...amounts, 1);
  const place = (i: number): number => (WIDTH * (i + 0.5)) / amounts.length;
  const points = amounts.map((amount, i) => `${place(i).toFixed(1)},${(base - (amount / most) * (TALL - 3)).toFixed(1)}`);
  const outline = `M0,${base} L${points.join(" L")} L${WIDTH},${base}`;
  const fill = isLast ? tokenOfRole(row.role) : "var(--panel)";
  const drawn = s("path", { d: outline, fill, "fill-opacity": isLast ? 0.55 : 0.85, stroke: tokenOfRole(row.role), "stroke-width": 1 });
  drawn.append(s("title", {}, `step ${count(step)}`));
  return drawn;
}

/** Both signs of each magnitude together, zeros left out. */
function magnitudes(summary: TensorSummary, first: number, last: number): number[] {
  const { counts } = toHistogram(summary, first, last);
  const half = (counts.length - 1) / 2;
  return Array.from({ length: half }, (_, i) => (counts[half + 1 + i] ?? 0) + (counts[half - 1 - i] ?? 0));
}

/** At most so many steps as can be told apart: evenly chosen, first and last among them. */
function thinned<T>(all: readonly T[]): T[] {
  if (all.length <= MOST) return [...all];
  return Array.from({ length: MOST }, (_, i) => all[Math.round((i * (all.length - 1)) / (MOST - 1))]!);
}
