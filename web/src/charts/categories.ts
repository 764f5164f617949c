/** Bars and bands by category, one row a node, so that long names stay legible. */

import type { Axis, Band, Bars, Panel } from "../generated/document";
import { s } from "../app/dom";
import { inUnit, power, toNumber } from "../model/format";
import { withUnit } from "./lines";

const ROW = 16;
const LEFT = 170;
const WIDTH = 520;

export function categoryPanel(
  panel: Panel,
  colour: (role: string) => string,
  choose: (node: string) => void,
  most = Infinity,
): SVGSVGElement {
  const horizontal = panel.y.scale === "category";
  const [values, categories] = horizontal ? [panel.x, panel.y.categories] : [panel.y, panel.x.categories];
  const marks = panel.marks.filter((m): m is Bars | Band => m.kind === "bars" || m.kind === "band");
  const rows = largest(categories.length, marks[0], most);
  const names = rows.map((row) => categories[row]!);
  const bottom = 6 + ROW * names.length;
  const scale = new AxisScale(values, marks.flatMap(numbersOf), LEFT, WIDTH - 46);
  const chart = s("svg", {
    class: "chart",
    viewBox: `0 0 ${WIDTH} ${bottom + 32}`,
    role: "img",
    "aria-label": `${panel.title}: ${withUnit(values)} for ${names.length} categories`,
  });
  for (const [x, text] of scale.ticks())
    chart.append(
      s("line", { class: "tick-line", x1: x, x2: x, y1: 2, y2: bottom }),
      s("text", { x, y: bottom + 12, "text-anchor": "middle" }, text),
    );
  chart.append(s("text", { x: (LEFT + WIDTH - 46) / 2, y: bottom + 27, "text-anchor": "middle" }, withUnit(values)));
  rows.forEach((i, line) => {
    const name = names[line]!;
    const y = 4 + ROW * line;
    const node = marks[0]?.nodes[i] ?? name;
    const row = s("g", { "data-node": node, click: () => choose(node) });
    row.append(
      s("rect", { x: 0, y, width: WIDTH, height: ROW, fill: "transparent" }),
      s("text", { x: LEFT - 8, y: y + 11.5, "text-anchor": "end" }, tail(name, 28)),
    );
    for (const mark of marks) drawMark(row, mark, i, y, scale, colour(mark.role), values.unit);
    row.append(s("title", {}, `${name}: ${marks.map((mark) => said(mark, i, values)).join("; ")}`));
    chart.append(row);
  });
  return chart;
}

function drawMark(row: SVGGElement, mark: Bars | Band, i: number, y: number, scale: AxisScale, fill: string, unit: string): void {
  if (mark.kind === "bars") {
    const value = toNumber(mark.heights[i]);
    if (value === null) {
      row.append(s("text", { x: scale.start + 4, y: y + 11.5 }, "not measured"));
      return;
    }
    const end = scale.at(value);
    row.append(
      s("rect", { x: scale.start, y: y + 3, width: Math.max(0.5, end - scale.start), height: ROW - 6, fill, rx: 1.5 }),
      s("text", { x: end + 4, y: y + 11.5 }, inUnit(value, unit)),
    );
    return;
  }
  const [low, middle, high] = [mark.low[i], mark.middle[i], mark.high[i]].map(toNumber);
  if (low == null || high == null || middle == null) {
    row.append(s("text", { x: scale.start + 4, y: y + 11.5 }, "all zero"));
    return;
  }
  const [a, b] = [scale.at(low), scale.at(high)];
  row.append(
    s("rect", { x: a, y: y + 4, width: Math.max(1, b - a), height: ROW - 8, fill, "fill-opacity": 0.35, rx: 2 }),
    s("rect", { x: scale.at(middle) - 1, y: y + 3, width: 2, height: ROW - 6, fill }),
  );
}

/** The rows with the largest bars, in their own order again; all of them where they fit. */
function largest(count: number, mark: Bars | Band | undefined, most: number): number[] {
  const rows = Array.from({ length: count }, (_, i) => i);
  if (count <= most || mark?.kind !== "bars") return rows.slice(0, most);
  const height = (row: number) => toNumber(mark.heights[row]) ?? -Infinity;
  return rows.sort((a, b) => height(b) - height(a)).slice(0, most);
}

function numbersOf(mark: Bars | Band): number[] {
  const all = mark.kind === "bars" ? mark.heights : [...mark.low, ...mark.high];
  return all.map(toNumber).filter((value): value is number => value !== null);
}

function said(mark: Bars | Band, i: number, axis: Axis): string {
  const text = (value: unknown) => {
    const number = toNumber(value);
    return number === null ? "not measured" : inUnit(number, axis.unit);
  };
  if (mark.kind === "bars") return text(mark.heights[i]);
  return `${text(mark.low[i])} to ${text(mark.high[i])}, median ${text(mark.middle[i])}`;
}

class AxisScale {
  private readonly unit: string;
  private readonly low: number;
  private readonly high: number;
  private readonly log: boolean;

  constructor(axis: Axis, values: number[], readonly start: number, private readonly end: number) {
    this.unit = axis.unit;
    this.log = axis.scale === "log";
    const used = this.log ? values.filter((value) => value > 0) : [0, ...values];
    const low = used.length ? Math.min(...used) : 0;
    const high = used.length ? Math.max(...used) : 1;
    this.low = this.log ? Math.floor(Math.log10(low || 0.1)) : Math.min(0, low);
    this.high = this.log ? Math.ceil(Math.log10(high || 1)) : high;
    if (this.high === this.low) this.high = this.low + 1;
  }

  at(value: number): number {
    const position = this.log ? (value > 0 ? Math.log10(value) : this.low) : value;
    return this.start + ((position - this.low) / (this.high - this.low)) * (this.end - this.start);
  }

  ticks(): [number, string][] {
    if (this.log) {
      const every = Math.max(1, Math.ceil((this.high - this.low) / 5));
      const ticks: [number, string][] = [];
      for (let e = this.high; e >= this.low; e -= every) ticks.push([this.at(10 ** e), power(e)]);
      return ticks;
    }
    const step = niceStep((this.high - this.low) / 4);
    const ticks: [number, string][] = [];
    for (let v = Math.ceil(this.low / step) * step; v <= this.high + 1e-9; v += step) ticks.push([this.at(v), inUnit(v, this.unit)]);
    return ticks;
  }
}

function niceStep(rough: number): number {
  const size = 10 ** Math.floor(Math.log10(rough));
  return size * ([1, 2, 5, 10].find((factor) => factor * size >= rough) ?? 10);
}

/** The end of a long name says more than its beginning. */
function tail(name: string, letters: number): string {
  const all = [...name];
  return all.length <= letters ? name : `…${all.slice(all.length - letters + 1).join("")}`;
}
