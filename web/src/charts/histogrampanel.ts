/** Histograms of a view, on the axis that its panel asks for. */

import type { Histogram, Panel } from "../generated/document";
import { h, s } from "../app/dom";
import { count } from "../model/format";
import { histogramBars } from "./histogram";
import { tokenOfRole } from "./roles";
import { linearScale, logScale, symlogScale, type Scale } from "./scale";

const WIDTH = 400;
const HEIGHT = 130;

/** Histograms of one panel, one under the other on their shared axis. */
export function histogramPanel(panel: Panel): HTMLElement {
  const marks = panel.marks.filter((mark): mark is Histogram => mark.kind === "histogram");
  const scale = scaleOf(panel, marks);
  const frame = h("div", "histogram-panel");
  for (const mark of marks) {
    const drawing = s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT + 18}`, class: "chart", role: "img", "aria-label": `${mark.label}. ${mark.note}` });
    const histogram = { edges: mark.edges.map(Number), counts: mark.counts.map(Number), zero: Number(mark.zero) };
    for (const tick of scale.ticks) {
      const x = scale.place(tick.value) * WIDTH;
      drawing.append(s("line", { x1: x, x2: x, y1: 0, y2: HEIGHT, class: "tick-line" }));
      const anchor = x < 16 ? "start" : x > WIDTH - 16 ? "end" : "middle";
      drawing.append(s("text", { x, y: HEIGHT + 14, "text-anchor": anchor }, tick.label));
    }
    drawing.append(...histogramBars(histogram, scale, WIDTH, HEIGHT, tokenOfRole(mark.role)));
    drawing.append(s("line", { x1: 0, x2: WIDTH, y1: HEIGHT - 0.5, y2: HEIGHT - 0.5, class: "baseline" }));
    const tallest = Math.max(histogram.zero, ...histogram.counts);
    const note = `${mark.label}${mark.note ? ` · ${mark.note}` : ""} · tallest bin ${count(tallest)} ${panel.y.unit || "values"}`;
    frame.append(drawing, h("p", "chart-note", note));
  }
  return frame;
}

function scaleOf(panel: Panel, marks: readonly Histogram[]): Scale {
  const edges = marks.flatMap((mark) => mark.edges.map(Number)).filter(Number.isFinite);
  if (panel.x.scale === "log") return logScale(edges);
  if (panel.x.scale !== "symlog") return linearScale(edges, false);
  const magnitudes = edges.map(Math.abs).filter((edge) => edge > 0);
  if (magnitudes.length === 0) return symlogScale(-3, 0);
  return symlogScale(Math.floor(Math.log10(Math.min(...magnitudes)) + 1e-9), Math.ceil(Math.log10(Math.max(...magnitudes)) - 1e-9));
}
