/** The numbers behind a panel as rows of cells: for the table, and for files. */

import type { Axis, Panel } from "../generated/document";
import { visible } from "../model/names";
import { cellText } from "./matrix";

export type Cell = string | number | null;

export interface Column {
  name: string;
}

export interface Numbers {
  columns: Column[];
  rows: Cell[][];
  /** The node of each row, where it has one. */
  nodes: (string | null)[];
  /** How many columns the table shows; the file has all. */
  shown?: number;
}

/** All values of a panel, at full precision; what was not measured is null or the reason. */
export function numbersOf(panel: Panel): Numbers {
  const marks = panel.marks;
  if (marks.some((mark) => mark.kind === "ridges")) return ridges(panel);
  if (marks.some((mark) => mark.kind === "scatter")) return scatter(panel);
  if (marks.some((mark) => mark.kind === "heatmap")) return heatmap(panel);
  if (marks.some((mark) => mark.kind === "histogram")) return histogram(panel);
  if (marks.some((mark) => mark.kind === "bars" || mark.kind === "band")) return rows(panel);
  return lines(panel);
}

function lines(panel: Panel): Numbers {
  const found = table([titled(panel.x, "x"), titled(panel.y, "y"), "series"]);
  const place = (x: unknown): Cell => panel.x.categories[Number(x)] ?? value(x);
  for (const mark of panel.marks) {
    if (mark.kind === "line") mark.x.forEach((x, i) => add(found, null, place(x), value(mark.y[i]), mark.label));
    if (mark.kind !== "envelope") continue;
    mark.x.forEach((x, i) => add(found, null, place(x), value(mark.low[i]), `${mark.label}, low`));
    mark.x.forEach((x, i) => add(found, null, place(x), value(mark.high[i]), `${mark.label}, high`));
  }
  return found;
}

function scatter(panel: Panel): Numbers {
  const found = table(["node", titled(panel.x, "x"), titled(panel.y, "y"), "class", "missing because"]);
  for (const mark of panel.marks)
    if (mark.kind === "scatter") mark.x.forEach((x, i) => add(found, mark.nodes[i], mark.names[i] ?? "", value(x), value(mark.y[i]), mark.label, mark.missing[i] ?? ""));
  return found;
}

function heatmap(panel: Panel): Numbers {
  const [mark] = panel.marks.filter((one) => one.kind === "heatmap");
  const hasCounts = Boolean(mark?.text.length);
  const unit = mark?.unit ? ` (${mark.unit})` : "";
  const found = table([panel.y.label || "row", panel.x.label || "column", `${mark?.label ?? "value"}${unit}`, ...(hasCounts ? ["count"] : [])]);
  mark?.values.forEach((row, r) =>
    row.forEach((raw, c) => {
      const cell = raw === null ? cellText(mark, r, c) : value(raw);
      const count = hasCounts ? [Number(mark.text[r]?.[c] || 0) || (mark.text[r]?.[c] ?? "") || 0] : [];
      add(found, mark.nodes[c] || mark.row_nodes[r], panel.y.categories[r] ?? "", panel.x.categories[c] ?? "", cell, ...count);
    }),
  );
  return found;
}

function histogram(panel: Panel): Numbers {
  const found = table([`${titled(panel.x, "value")} from`, `${titled(panel.x, "value")} to`, titled(panel.y, "count"), "series"]);
  for (const mark of panel.marks) {
    if (mark.kind !== "histogram") continue;
    mark.counts.forEach((amount, i) => add(found, mark.node, value(mark.edges[i]), value(mark.edges[i + 1]), value(amount), mark.label));
    add(found, mark.node, 0, 0, value(mark.zero), `${mark.label}: exactly zero`);
  }
  return found;
}

function rows(panel: Panel): Numbers {
  const [names, axis] = panel.x.scale === "category" ? [panel.x.categories, panel.y] : [panel.y.categories, panel.x];
  const hasBand = panel.marks.some((mark) => mark.kind === "band");
  const measure = titled(axis, "value");
  const columns = hasBand ? [`${measure}, low`, `${measure}, middle`, `${measure}, high`] : [measure, "low", "high"];
  const hasInterval = panel.marks.some((mark) => mark.kind === "bars" && mark.low.length > 0);
  const found = table(["node", ...(hasBand || hasInterval ? columns : columns.slice(0, 1)), "series"]);
  for (const mark of panel.marks)
    names.forEach((name, i) => {
      if (mark.kind === "band") add(found, mark.nodes[i], name, value(mark.low[i]), value(mark.middle[i]), value(mark.high[i]), mark.label);
      if (mark.kind !== "bars") return;
      const height = mark.heights[i] === null ? mark.missing[i] || "not measured" : value(mark.heights[i]);
      add(found, mark.nodes[i], name, height, ...(hasInterval ? [value(mark.low[i]), value(mark.high[i])] : []), mark.label);
    });
  return found;
}

function ridges(panel: Panel): Numbers {
  const [mark] = panel.marks.filter((one) => one.kind === "ridges");
  const edges = mark?.edges ?? [];
  const bins = edges.slice(1).map((to, i) => `share from ${String(edges[i])} to ${String(to)}`);
  const found: Numbers = { ...table(["row", "standard deviation", "share exactly 0", "not finite", ...bins]), shown: 4 };
  mark?.shares.forEach((shares, i) => {
    const why = mark.missing[i] || "not measured";
    const measured = shares.length > 0;
    add(found, mark.nodes[i], panel.y.categories[i] ?? "", measured ? value(mark.spread[i]) : why, value(mark.zero[i]), mark.odd[i] ?? "", ...edges.slice(1).map((_, b) => value(shares[b])));
  });
  return found;
}

function table(names: readonly string[]): Numbers {
  return { columns: names.map((name) => ({ name })), rows: [], nodes: [] };
}

function add(found: Numbers, node: string | null | undefined, ...cells: Cell[]): void {
  found.rows.push(cells);
  found.nodes.push(node || null);
}

function value(raw: unknown): Cell {
  return typeof raw === "number" || typeof raw === "string" ? raw : null;
}

function titled(axis: Axis, otherwise: string): string {
  const name = visible(axis.label || otherwise);
  return axis.unit ? `${name} (${axis.unit})` : name;
}
