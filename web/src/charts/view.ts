/** Draws any View: each panel with the chart that its marks ask for, and a table behind it. */

import type { Axis, Heatmap, Panel, View } from "../generated/document";
import { h } from "../app/dom";
import { figures, toNumber } from "../model/format";
import { heatmapPanel } from "./heatmap";
import { histogramPanel } from "./histogrampanel";
import { rowChart } from "./rowchart";
import { seriesChart } from "./series";

export interface ViewContext {
  theme: "light" | "dark";
  choose: (node: string) => void;
  /** Draw only the first panels of a view. */
  most?: number;
  /** Draw only the rows with the largest bars. */
  rows?: number;
}

export function drawView(view: View, context: ViewContext): HTMLElement {
  const body = h("div", {});
  if (!view.panels.length) {
    body.append(h("div", { class: "not-measured hatched" }, view.gaps.join("; ") || "not measured"));
    return body;
  }
  const panels = view.panels.slice(0, context.most ?? view.panels.length);
  body.append(h("p", { class: "visually-hidden" }, view.description));
  body.append(h("div", { class: "panels" }, ...panels.map((panel) => drawPanel(panel, context))));
  for (const panel of panels) if (panel.note) body.append(h("div", { class: "faint" }, panel.note));
  for (const gap of view.gaps) body.append(h("div", { class: "faint" }, `Not measured: ${gap}`));
  body.append(tableBehind(view, panels));
  return body;
}

function drawPanel(panel: Panel, context: ViewContext): HTMLElement {
  const label = `${panel.title}: ${panel.y.label || panel.x.label} by ${panel.y.label ? panel.x.label || "node" : "node"}`;
  return h("figure", { class: "panel", "aria-label": label }, h("h3", {}, panel.title, unitOf(panel)), chartOf(panel, context));
}

function chartOf(panel: Panel, context: ViewContext): Element {
  const heatmap = panel.marks.find((mark): mark is Heatmap => mark.kind === "heatmap");
  if (heatmap) return heatmapPanel(panel, heatmap, context.theme);
  const kinds = new Set(panel.marks.map((mark) => mark.kind));
  if (kinds.has("line")) return seriesChart(panel);
  if (kinds.has("histogram")) return histogramPanel(panel);
  if (kinds.has("bars") || kinds.has("band")) return rowChart(panel, context.choose, context.rows);
  return h("div", "not-measured hatched", "not measured");
}

/** What the axis of numbers shows, unless the title says it already. */
function unitOf(panel: Panel): HTMLElement | null {
  if (panel.marks.some((mark) => mark.kind === "heatmap")) return null;
  const isRows = panel.y.scale === "category" || panel.marks.some((mark) => mark.kind === "histogram");
  const axis = isRows ? panel.x : panel.y;
  const scale = { linear: "", category: "", log: "log axis", symlog: "symmetric log axis, 4 bins a decade" }[axis.scale];
  const label = axis.label.toLowerCase() === panel.title.toLowerCase() ? "" : axis.label;
  const text = [label, axis.unit, scale].filter(Boolean).join(", ");
  return text ? h("small", {}, text) : null;
}

function withUnit(axis: Axis): string {
  return axis.unit ? `${axis.label} (${axis.unit})` : axis.label;
}

/** The numbers behind a chart, built when first opened. */
function tableBehind(view: View, panels: readonly Panel[]): HTMLElement {
  const details = h("details", { class: "more" }, h("summary", {}, "Show as table"));
  details.addEventListener(
    "toggle",
    () => {
      for (const panel of panels) details.append(h("div", { class: "table-box" }, panelTable(panel)));
    },
    { once: true },
  );
  details.setAttribute("aria-label", `Numbers of ${view.title}`);
  return details;
}

function panelTable(panel: Panel): HTMLTableElement {
  const header = [withUnit(panel.x), withUnit(panel.y), "series"];
  const rows: string[][] = [];
  const text = (value: unknown) => {
    const number = toNumber(value);
    return number === null ? String(value ?? "not measured") : figures(number);
  };
  for (const mark of panel.marks) {
    if (mark.kind === "line") mark.x.forEach((x, i) => rows.push([text(x), text(mark.y[i]), mark.label]));
    else if (mark.kind === "heatmap")
      mark.values.forEach((row, r) =>
        row.forEach((value, c) =>
          rows.push([panel.x.categories[c] ?? "", panel.y.categories[r] ?? "", mark.text[r]?.[c] ?? text(value)]),
        ),
      );
    else if (mark.kind === "histogram")
      [...mark.counts.map((amount, i) => [`${text(mark.edges[i])} to ${text(mark.edges[i + 1])}`, text(amount), mark.label]), ["exactly 0", text(mark.zero), mark.label]].forEach(
        (row) => rows.push(row),
      );
    else if (mark.kind === "bars" || mark.kind === "band") {
      const names = panel.y.scale === "category" ? panel.y.categories : panel.x.categories;
      names.forEach((name, i) =>
        rows.push(
          mark.kind === "bars"
            ? [text(mark.heights[i]), name, mark.label]
            : [`${text(mark.low[i])} – ${text(mark.middle[i])} – ${text(mark.high[i])}`, name, mark.label],
        ),
      );
    }
  }
  return h(
    "table",
    { class: "data" },
    h("thead", {}, h("tr", {}, ...header.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map((cell) => h("td", {}, cell))))),
  );
}
