/** Series over steps: uPlot with crosshair and zoom, in the page's own look. */

import uPlot from "uplot";
import type { Axis, Line, Panel, Rule } from "../generated/document";
import { h } from "../app/dom";
import { figures, toNumber } from "../model/format";

/** Draw the lines of a panel into a new element; redraws when its width changes. */
export function linePanel(panel: Panel, colour: (role: string) => string, height = 230): HTMLElement {
  const host = h("div", { class: "panel", role: "img", "aria-label": `${panel.title}: ${panel.y.label} by ${panel.x.label}` });
  host.append(h("h3", {}, titled(panel)));
  const lines = panel.marks.filter((mark): mark is Line => mark.kind === "line");
  const data = align(lines);
  const axis = getComputedStyle(document.documentElement);
  const ink = axis.getPropertyValue("--text-2").trim();
  const grid = { stroke: axis.getPropertyValue("--line").trim(), width: 1 };
  const font = `10px ${axis.getPropertyValue("--font-sans").trim()}`;
  const style = { stroke: ink, grid, font, ticks: { show: false }, labelFont: font };
  const log = panel.y.scale === "log";
  const options: uPlot.Options = {
    width: 320,
    height,
    cursor: { drag: { x: true, y: false } },
    scales: { x: { time: false }, y: log ? { distr: 3, log: 10 } : {} },
    axes: [
      { ...style, label: withUnit(panel.x), labelSize: 16, size: 26, grid: { show: false } },
      {
        ...style,
        size: 48,
        ...(log ? { filter: decades, grid: { ...grid, filter: decades } } : {}),
        values: (_u, ticks) => ticks.map((tick) => (tick === null ? "" : figures(tick))),
      },
    ],
    series: [
      { label: panel.x.label },
      ...lines.map((line): uPlot.Series => ({
        label: line.label,
        stroke: colour(line.role),
        width: 1.8,
        dash: line.dashed ? [5, 4] : [],
        spanGaps: line.markers,
        points: { show: line.markers, size: 5, fill: colour(line.role) },
        value: (_u, value) => (value === null || value === undefined ? "–" : figures(value)),
      })),
    ],
    hooks: { draw: [(plot) => drawRules(plot, panel.marks.filter((m): m is Rule => m.kind === "rule"), ink, font)] },
  };
  const place = h("div");
  host.append(place);
  let plot: uPlot | null = null;
  new ResizeObserver(() => {
    const width = Math.floor(place.clientWidth);
    if (width < 40) return;
    if (plot) plot.setSize({ width, height });
    else plot = new uPlot({ ...options, width }, data, place);
  }).observe(place);
  return host;
}

/** One column of x for all series, with gaps where a series has no point. */
export function align(lines: Line[]): uPlot.AlignedData {
  const xs = [...new Set(lines.flatMap((line) => line.x.map(toNumber)).filter((x): x is number => x !== null))];
  xs.sort((a, b) => a - b);
  const place = new Map(xs.map((x, i) => [x, i]));
  const columns = lines.map((line) => {
    const column: (number | null | undefined)[] = new Array(xs.length).fill(undefined);
    line.x.forEach((x, i) => {
      const at = toNumber(x);
      if (at !== null) column[place.get(at)!] = toNumber(line.y[i]);
    });
    return column;
  });
  return [xs, ...columns] as uPlot.AlignedData;
}

export function withUnit(axis: Axis): string {
  return axis.unit ? `${axis.label} (${axis.unit})` : axis.label;
}

/** On a log axis only powers of ten are marked, unless there are too few of them. */
function decades(_plot: uPlot, splits: number[]): (number | null)[] {
  const whole = (value: number) => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9;
  if (splits.filter(whole).length < 2) return splits;
  return splits.map((value) => (whole(value) ? value : null));
}

function titled(panel: Panel): string {
  const scale = panel.y.scale === "log" ? ", log axis" : "";
  return `${panel.title}${panel.y.unit ? `, ${panel.y.unit}` : ""}${scale}`;
}

function drawRules(plot: uPlot, rules: Rule[], ink: string, font: string): void {
  const { ctx, bbox } = plot;
  for (const rule of rules) {
    const value = toNumber(rule.value);
    if (value === null) continue;
    ctx.save();
    ctx.strokeStyle = ink;
    ctx.fillStyle = ink;
    ctx.font = font;
    ctx.setLineDash([3, 3]);
    ctx.beginPath();
    const at = plot.valToPos(value, rule.axis, true);
    if (rule.axis === "x") {
      ctx.moveTo(at, bbox.top);
      ctx.lineTo(at, bbox.top + bbox.height);
      ctx.fillText(rule.label, at + 5, bbox.top + bbox.height - 8);
    } else {
      ctx.moveTo(bbox.left, at);
      ctx.lineTo(bbox.left + bbox.width, at);
      ctx.fillText(rule.label, bbox.left + 5, at - 5);
    }
    ctx.stroke();
    ctx.restore();
  }
}
