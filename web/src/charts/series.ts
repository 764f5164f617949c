/** Series over steps: uPlot with crosshair and zoom, in the page's own look. */

import uPlot from "uplot";
import type { Line, Panel, Rule } from "../generated/document";
import { h } from "../app/dom";
import { figures, toNumber } from "../model/format";
import { colourOfRole } from "./roles";
import { linearScale, logScale, type Scale } from "./scale";

const LABEL_GAP = 14;
/** Room above and below the lines on a log axis, as a factor. */
const LOG_MARGIN = 1.15;
/** Steps between ticks: steps of training are whole. */
const WHOLE_STEPS = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((factor) => factor * 10 ** power)).flat();

/** Lines over a shared x axis: crosshair, drag to zoom, double click for all. */
export function seriesChart(panel: Panel, height = 210): HTMLElement {
  const lines = panel.marks.filter((mark): mark is Line => mark.kind === "line");
  const rules = panel.marks.filter((mark): mark is Rule => mark.kind === "rule");
  const host = h("div", "series");
  host.style.height = `${height}px`;
  let plot: uPlot | null = null;
  const draw = (width: number): void => {
    if (plot) plot.setSize({ width, height });
    else plot = new uPlot(options(panel, lines, rules, host, width, height), aligned(lines), host);
  };
  const observer = new ResizeObserver(([entry]) => {
    const width = Math.floor(entry?.contentRect.width ?? 0);
    if (width > 0) draw(width);
  });
  observer.observe(host);
  return host;
}

/** uPlot's form: one x column, then a column a line; undefined where a line has no point there. */
function aligned(lines: readonly Line[]): uPlot.AlignedData {
  const xs = new Set<number>();
  for (const line of lines) for (const x of line.x) if (x !== null) xs.add(Number(x));
  const sorted = [...xs].sort((a, b) => a - b);
  const place = new Map(sorted.map((x, i) => [x, i]));
  const columns = lines.map((line) => {
    const column = new Array<number | null | undefined>(sorted.length).fill(undefined);
    line.x.forEach((x, i) => {
      const at = place.get(Number(x));
      if (at === undefined) return;
      const y = toNumber(line.y[i]);
      column[at] = y;
    });
    return column;
  });
  return [sorted, ...columns];
}

function options(panel: Panel, lines: Line[], rules: Rule[], host: HTMLElement, width: number, height: number): uPlot.Options {
  const scale = scaleOf(panel, lines);
  const colour = (name: string): string => getComputedStyle(host).getPropertyValue(name).trim();
  const font = `10px ${colour("--font-sans")}`;
  const axis: uPlot.Axis = {
    stroke: () => colour("--text-3"),
    font,
    grid: { show: false },
    ticks: { show: false },
  };
  return {
    width,
    height,
    padding: [10, longestLabel(lines), 0, 0],
    legend: { show: false },
    cursor: { points: { size: 7 }, y: false },
    scales: {
      x: { time: false },
      y: { distr: scale.kind === "log" ? 3 : 1, range: () => [...scale.domain] as [number, number] },
    },
    axes: [
      { ...axis, size: 24, label: panel.x.label, labelSize: 16, labelFont: font, incrs: WHOLE_STEPS, values: (_, splits) => splits.map(stepText) },
      {
        ...axis,
        size: 40,
        grid: { show: true, width: 1, stroke: () => colour("--line") },
        splits: () => scale.ticks.map((tick) => tick.value),
        values: () => scale.ticks.map((tick) => tick.label),
        filter: (_, splits) => splits,
      },
    ],
    series: [{}, ...lines.map((line) => style(line, colour))],
    hooks: {
      draw: [(plot) => drawNotes(plot, lines, rules, colour, font)],
      setCursor: [(plot) => showReadout(plot, panel, lines, host)],
    },
  };
}

/** Steps are whole numbers: no exponent and no decimals unless the axis is zoomed that far. */
function stepText(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 2 });
}

function style(line: Line, colour: (name: string) => string): uPlot.Series {
  return {
    label: line.label,
    stroke: () => colourOfRole(line.role),
    width: 1.6,
    dash: line.dashed ? [5, 3] : [],
    points: line.markers ? { show: true, size: 6, fill: () => colour("--panel") } : { show: line.x.length === 1 },
    spanGaps: false,
  };
}

function scaleOf(panel: Panel, lines: readonly Line[]): Scale {
  const values = lines.flatMap((line) => line.y.map(Number)).filter(Number.isFinite);
  if (panel.y.scale === "log") return logScale(values.flatMap((value) => [value * LOG_MARGIN, value / LOG_MARGIN]));
  return linearScale(values, panel.y.unit !== "share" || Math.min(...values) < 0.5);
}

function longestLabel(lines: readonly Line[]): number {
  return 14 + Math.max(...lines.map((line) => 6.2 * (line.label.length + 7)), 20);
}

/** Labels at the ends of the lines, vertical and horizontal rules, and points that are no number. */
function drawNotes(plot: uPlot, lines: Line[], rules: Rule[], colour: (name: string) => string, font: string): void {
  const context = plot.ctx;
  const ratio = devicePixelRatio;
  const { left, top, width, height } = plot.bbox;
  context.save();
  context.font = font.replace("10px", `600 ${11 * ratio}px`);
  context.textBaseline = "middle";
  context.textAlign = "left";
  let floor = -Infinity;
  for (const { line, y, value } of ends(plot, lines)) {
    const at = Math.max(y, floor + LABEL_GAP * ratio);
    floor = at;
    context.fillStyle = colourOfRole(line.role);
    context.fillText(`${line.label} ${figures(value)}`, left + width + 6 * ratio, at);
  }
  context.font = font.replace("10px", `${10 * ratio}px`);
  for (const rule of rules) {
    const at = plot.valToPos(Number(rule.value), rule.axis, true);
    context.strokeStyle = context.fillStyle = colour("--text-3");
    context.setLineDash([3 * ratio, 3 * ratio]);
    context.beginPath();
    context.moveTo(rule.axis === "x" ? at : left, rule.axis === "x" ? top : at);
    context.lineTo(rule.axis === "x" ? at : left + width, rule.axis === "x" ? top + height : at);
    context.stroke();
    context.fillText(rule.label, rule.axis === "x" ? at + 4 * ratio : left + 4 * ratio, rule.axis === "x" ? top + height - 8 * ratio : at - 8 * ratio);
  }
  context.setLineDash([]);
  context.fillStyle = colour("--severity-high");
  for (const { x, sign } of oddPoints(lines)) context.fillText(sign, plot.valToPos(x, "x", true) - 4 * ratio, top + 4 * ratio);
  context.restore();
}

function ends(plot: uPlot, lines: Line[]): { line: Line; y: number; value: number }[] {
  const found = lines.flatMap((line) => {
    const value = line.y.map(toNumber).findLast((y) => y !== null);
    return value === undefined || value === null ? [] : [{ line, value, y: plot.valToPos(value, "y", true) }];
  });
  return found.sort((a, b) => a.y - b.y);
}

function oddPoints(lines: readonly Line[]): { x: number; sign: string }[] {
  return lines.flatMap((line) =>
    line.y.flatMap((stored, i) => {
      if (typeof stored !== "string") return [];
      return [{ x: Number(line.x[i]), sign: stored === "NaN" ? "✕" : stored === "Infinity" ? "↑" : "↓" }];
    }),
  );
}

function showReadout(plot: uPlot, panel: Panel, lines: Line[], host: HTMLElement): void {
  let readout = host.querySelector<HTMLElement>(".readout");
  const at = plot.cursor.idx;
  if (at === null || at === undefined || (plot.cursor.left ?? -1) < 0) {
    readout?.remove();
    return;
  }
  if (!readout) host.append((readout = h("div", "readout")));
  const values = lines.flatMap((line, i) => {
    const value = plot.data[i + 1]?.[at];
    return value === undefined || value === null ? [] : [`${line.label} ${figures(value)}`];
  });
  readout.textContent = `${panel.x.label} ${stepText(plot.data[0]?.[at] ?? 0)}: ${values.join(", ")}`;
}
