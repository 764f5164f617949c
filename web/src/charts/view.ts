/** Draws any View: each panel with the chart that its marks ask for, and a table behind it. */

import type { Heatmap, Histogram, Panel, View } from "../generated/document";
import { h } from "../app/dom";
import { categoryPanel } from "./categories";
import { heatmapPanel } from "./heatmap";
import { histogram } from "./histogram";
import { linePanel, withUnit } from "./lines";
import { figures, toNumber } from "../model/format";

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
  body.append(tableBehind(view, panels));
  return body;
}

export function roleColour(role: string): string {
  const name = { test: "accent", accent: "accent", neutral: "control" }[role] ?? role;
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function drawPanel(panel: Panel, context: ViewContext): HTMLElement {
  const heatmap = panel.marks.find((mark): mark is Heatmap => mark.kind === "heatmap");
  if (heatmap)
    return h("div", { class: "panel" }, h("h3", {}, panel.title), heatmapPanel(panel, heatmap, context.theme));
  if (panel.marks.some((mark) => mark.kind === "bars" || mark.kind === "band"))
    return h("div", { class: "panel" }, h("h3", {}, panel.title), categoryPanel(panel, roleColour, context.choose, context.rows));
  const bars = panel.marks.find((mark): mark is Histogram => mark.kind === "histogram");
  if (bars) return h("div", { class: "panel" }, h("h3", {}, panel.title), edgesHistogram(panel, bars));
  return linePanel(panel, roleColour);
}

/** A histogram whose edges mirror about zero, on the same axis as those of the inspector. */
function edgesHistogram(panel: Panel, mark: Histogram): SVGSVGElement {
  const edges = mark.edges.map((edge) => toNumber(edge) ?? 0);
  const upper = edges.filter((edge) => edge > 0);
  const sides = upper.length - 1;
  const counts = mark.counts.map((value) => toNumber(value) ?? 0);
  const perDecade = 1 / Math.log10((upper[1] ?? 10) / (upper[0] ?? 1));
  const bins = {
    first: Math.round(Math.log10(upper[0] ?? 1) * perDecade),
    perDecade,
    positive: counts.slice(counts.length - sides),
    negative: counts.slice(0, sides).reverse(),
    zero: toNumber(mark.zero) ?? 0,
  };
  const label = `${panel.title}: how many values of which size`;
  return histogram(bins, { width: 420, height: 150, colour: roleColour(mark.role), label, axis: true });
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
