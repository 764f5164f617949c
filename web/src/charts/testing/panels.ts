/** Panels for tests: everything left out is empty. */

import type { Axis, Heatmap, Line, Panel, Scatter } from "../../generated/document";

export function axis(more: Partial<Axis> = {}): Axis {
  return { label: "", unit: "", scale: "linear", categories: [], ...more };
}

export function panel(marks: Panel["marks"], more: Partial<Panel> = {}): Panel {
  return { title: "Panel", x: axis(), y: axis(), marks, note: "", ...more };
}

export function series(x: Line["x"], y: Line["y"], more: Partial<Line> = {}): Line {
  return { kind: "line", x, y, label: "loss", role: "test", dashed: false, markers: false, ...more };
}

export function heatmap(values: Heatmap["values"], more: Partial<Heatmap> = {}): Heatmap {
  return { kind: "heatmap", values, label: "share", unit: "%", text: [], scale: "linear", nodes: [], row_nodes: [], steps: [], ...more };
}

export function scatter(x: Scatter["x"], y: Scatter["y"], more: Partial<Scatter> = {}): Scatter {
  return { kind: "scatter", x, y, label: "conv", role: "conv", names: [], nodes: [], labelled: [], missing: [], ...more };
}
