/** Which chart draws a panel: the one that its marks ask for. */

import type { Heatmap, Panel, Ridges } from "../generated/document";
import { binsPicture } from "./bins";
import { linesPicture } from "./lines";
import { matrixPicture } from "./matrix";
import type { Theme } from "./palette";
import type { Picture, Zoom } from "./picture";
import { pointsPicture } from "./points";
import { ridgesPicture } from "./ridgeline";
import { rowsPicture } from "./rows";

/** Draws a panel at a width in pixels, the part of it that a zoom shows. */
export type Drawing = (width: number, zoom: Zoom, theme: Theme) => Picture;

/** How a panel is drawn; null for one without a mark that can be. */
export function drawingOf(panel: Panel, rows = Infinity): Drawing | null {
  const kinds = new Set(panel.marks.map((mark) => mark.kind));
  const heatmap = panel.marks.find((mark): mark is Heatmap => mark.kind === "heatmap");
  if (heatmap) return (width, zoom, theme) => matrixPicture(panel, heatmap, width, zoom, theme);
  const ridges = panel.marks.find((mark): mark is Ridges => mark.kind === "ridges");
  if (ridges) return (width, zoom) => ridgesPicture(panel, ridges, width, zoom);
  if (kinds.has("scatter")) return (width, zoom) => pointsPicture(panel, width, zoom);
  if (kinds.has("bars") || kinds.has("band")) return (width, zoom) => rowsPicture(panel, width, zoom, rows);
  if (kinds.has("histogram")) return (width, zoom) => binsPicture(panel, width, zoom);
  if (kinds.has("line")) return (width, zoom) => linesPicture(panel, width, zoom);
  return null;
}
