/** Histograms of a view, one under the other on the axis that their panel asks for. */

import type { Histogram, Panel } from "../generated/document";
import { count, figures, percent, si } from "../model/format";
import { visible } from "../model/names";
import { acrossAxis, downAxis, roomForTicks, scaleFor, symlogOver } from "./axes";
import { type Area, type Hit, type Picture, type Shape, type Zoom, label, line, rect } from "./picture";
import { inkOfRole } from "./roles";
import { linearScale, zoomed, type Scale } from "./scale";

const TALL = 130;
const TITLE = 18;
const AXIS = 22;

/** Counts by bin with exact zeros in a bar of their own. */
export function binsPicture(panel: Panel, width: number, zoom: Zoom): Picture {
  const marks = panel.marks.filter((mark): mark is Histogram => mark.kind === "histogram");
  const edges = marks.flatMap((mark) => mark.edges.map(Number)).filter(Number.isFinite);
  const across = zoomed(panel.x.scale === "symlog" ? symlogOver(edges) : scaleFor(panel.x, edges), zoom.x);
  const downs = marks.map((mark) => linearScale([0, Math.max(Number(mark.zero), ...mark.counts.map(Number))], true, 4));
  const left = Math.max(24, ...downs.map((down) => roomForTicks(down, "")));
  const shapes: Shape[] = [];
  const hits: Hit[] = [];
  marks.forEach((mark, i) => {
    const box: Area = { x: left, y: i * (TITLE + TALL + 8) + TITLE, width: Math.max(60, width - left - 8), height: TALL };
    shapes.push(...downAxis(downs[i]!, box, ""), ...acrossAxis(across, box, panel.x.unit, "below", true).filter((shape) => shape.kind !== "text"));
    shapes.push(label(left, box.y - 6, [mark.label, mark.note].filter(Boolean).map(visible).join(" · "), { size: 11 }));
    shapes.push(...bars(mark, across, downs[i]!, box, hits), line(box.x, box.y + TALL, box.x + box.width, box.y + TALL, "control"));
  });
  const bottom = marks.length * (TITLE + TALL + 8);
  const plot: Area = { x: left, y: TITLE, width: Math.max(60, width - left - 8), height: Math.max(1, bottom - TITLE - 8) };
  shapes.push(...acrossAxis(across, { ...plot, y: bottom - 8, height: 0 }, panel.x.unit, "below", false));
  return { width, height: bottom + AXIS - 8, shapes, hits, plot, zooms: "x" };
}

function bars(mark: Histogram, across: Scale, down: Scale, box: Area, hits: Hit[]): Shape[] {
  const total = mark.counts.reduce<number>((sum, amount) => sum + Number(amount), Number(mark.zero));
  const ink = inkOfRole(mark.role);
  const shapes: Shape[] = [];
  const add = (from: number, to: number, amount: number, fill: string, said: string): void => {
    const [left, right] = [Math.max(0, from), Math.min(1, to)];
    if (amount <= 0 || right <= left) return;
    const tall = Math.max(0.75, down.place(amount) * box.height);
    const x = box.x + left * box.width;
    const wide = (right - left) * box.width;
    shapes.push(rect(x + 0.4, box.y + box.height - tall, Math.max(0.6, wide - 0.8), tall, fill));
    hits.push({ x, y: box.y, width: wide, height: box.height, node: mark.node, tip: `${said}: ${count(amount)} values, ${percent(amount / total)} %` });
  };
  mark.counts.forEach((raw, i) => {
    const [low, high] = [Number(mark.edges[i]), Number(mark.edges[i + 1])];
    if (across.kind === "symlog" && low * high <= 0) return; // the gap about zero holds no counts
    add(across.place(low), across.place(high), Number(raw), ink, `${figures(low)} to ${figures(high)}`);
  });
  const zero = Number(mark.zero);
  const middle = across.place(0);
  if (zero > 0 && middle >= 0 && middle <= 1) {
    const half = 3 / box.width;
    add(middle - half, middle + half, zero, "text", "exactly zero");
    const y = box.y + box.height - down.place(zero) * box.height;
    const side = middle > 0.8 ? "end" : "start";
    shapes.push(label(box.x + middle * box.width + (side === "end" ? -6 : 6), Math.max(box.y + 8, y - 4), `${percent(zero / total)} % zero, ${si(zero)}`, { anchor: side, halo: "panel" }));
  }
  return shapes;
}
