/** What a panel shows, in words: its sentence for screen readers, and the unit beside its title. */

import type { Panel } from "../generated/document";
import { visible } from "../model/names";
import { withUnit } from "./axes";

/** What a panel shows, as one sentence for those who do not see it. */
export function sentence(panel: Panel): string {
  const named = (axis: Panel["x"], otherwise: string): string => visible(withUnit(axis) || otherwise);
  const categories = panel.x.scale === "category" ? panel.x.categories.length : panel.y.categories.length;
  const heatmap = panel.marks.find((mark) => mark.kind === "heatmap");
  const over = categories ? ` for ${categories} ${categories === 1 ? "row" : "rows"}` : "";
  const what = heatmap
    ? `${heatmap.label}${heatmap.unit ? ` in ${heatmap.unit}` : ""} by ${panel.y.label || "row"} and ${panel.x.label || "column"}`
    : panel.y.scale === "category"
      ? `${named(panel.x, "value")}${over}`
      : panel.x.scale === "category"
        ? `${named(panel.y, "value")}${over}`
        : `${named(panel.y, "value")} against ${named(panel.x, "value")}`;
  return `${visible(panel.title)}: ${visible(what)}. Arrow keys walk the marks, plus and minus zoom.`;
}

/** What the axis of numbers shows, unless the title says it already. */
export function unitOf(panel: Panel): string {
  const heatmap = panel.marks.find((mark) => mark.kind === "heatmap");
  if (heatmap) return [heatmap.label, heatmap.unit, { linear: "", log: "log colours", symlog: "symmetric log colours" }[heatmap.scale]].filter(Boolean).map(visible).join(", ");
  if (panel.marks.some((mark) => mark.kind === "scatter")) return axesText(panel);
  const isRows = panel.y.scale === "category" || panel.marks.some((mark) => mark.kind === "histogram");
  const axis = isRows ? panel.x : panel.y;
  const scale = { linear: "", category: "", log: "log axis", symlog: panel.marks.some((mark) => mark.kind === "line") ? "symmetric log axis" : "symmetric log axis, 4 bins a decade" }[axis.scale];
  const label = axis.label.toLowerCase() === panel.title.toLowerCase() ? "" : axis.label;
  const unit = axis.unit === "share" ? "%" : axis.unit;
  return [label, unit, scale].filter(Boolean).map(visible).join(", ");
}

function axesText(panel: Panel): string {
  const both = panel.x.scale === "log" && panel.y.scale === "log" ? ", log axes" : "";
  return visible(`${withUnit(panel.y)} by ${withUnit(panel.x)}${both}`);
}
