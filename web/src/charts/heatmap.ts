/** Values by row and column; a confusion matrix leaves its diagonal uncoloured, errors stand out. */

import type { Heatmap, Panel } from "../generated/document";
import { s } from "../app/dom";
import { inkOn } from "../graph";
import { figures, toNumber } from "../model/format";
import { colourAt } from "../model/measures";

export function heatmapPanel(panel: Panel, mark: Heatmap, theme: "light" | "dark"): SVGSVGElement {
  const rows = panel.y.categories;
  const columns = panel.x.categories;
  const left = 12 + 6.2 * Math.min(14, Math.max(...rows.map((name) => name.length), 1));
  const cell = Math.max(7, Math.min(26, 290 / Math.max(columns.length, 1)));
  const top = 30;
  const width = Math.max(230, left + cell * columns.length + 8);
  const square = rows.length === columns.length && rows.every((name, i) => name === columns[i]);
  const off = mark.values.flatMap((row, r) => row.filter((_, c) => !square || r !== c)).map((v) => toNumber(v) ?? 0);
  const most = Math.max(...off, 1e-9);
  const chart = s("svg", {
    class: "chart",
    viewBox: `0 0 ${width} ${top + cell * rows.length + 22}`,
    role: "img",
    "aria-label": `${panel.title}: ${mark.label} by ${panel.y.label} and ${panel.x.label}`,
  });
  chart.style.maxWidth = `${width * 1.15}px`;
  chart.append(
    s("text", { x: left, y: 10 }, `${panel.x.label} →`),
    s("text", { x: left, y: top + cell * rows.length + 14 }, `${mark.label}, ${mark.unit}`),
  );
  columns.forEach((name, c) => {
    if (columns.length > 24) return;
    chart.append(s("text", { x: left + (c + 0.5) * cell, y: top - 5, "text-anchor": "middle" }, short(name, cell / 6)));
  });
  mark.values.forEach((row, r) => {
    if (rows.length <= 40)
      chart.append(s("text", { x: left - 6, y: top + (r + 0.5) * cell + 3.5, "text-anchor": "end" }, short(rows[r]!, 14)));
    row.forEach((raw, c) => {
      const value = toNumber(raw);
      const error = !square || r !== c;
      const fill = value === null ? "none" : !error || value === 0 ? "var(--sunk)" : colourAt(value / most, theme);
      const rect = s("rect", { x: left + c * cell, y: top + r * cell, width: cell - 1.5, height: cell - 1.5, rx: 2, fill });
      if (value === null) {
        rect.setAttribute("stroke", "var(--control)");
        rect.setAttribute("stroke-dasharray", "3 2");
      }
      const said = mark.text[r]?.[c] ?? (value === null ? "not measured" : figures(value));
      rect.append(s("title", {}, `${rows[r]} taken for ${columns[c]}: ${said}`));
      chart.append(rect);
      if (value === null || cell < 17 || (error && value < 0.5)) return;
      const label = s("text", { x: left + (c + 0.5) * cell - 0.75, y: top + (r + 0.5) * cell + 3, "text-anchor": "middle" }, value.toFixed(0));
      if (error) label.style.fill = inkOn(fill);
      label.style.pointerEvents = "none";
      chart.append(label);
    });
  });
  return chart;
}

function short(name: string, letters: number): string {
  const most = Math.max(2, Math.floor(letters));
  return [...name].length <= most ? name : `${[...name].slice(0, most - 1).join("")}…`;
}
