/** Series over a shared axis: what surrounds the lines on screen, and the whole picture for files and paper. */

import type { Envelope, Line, Panel, Rule, Zone } from "../generated/document";
import { count, figures, toNumber } from "../model/format";
import { visible } from "../model/names";
import { acrossAxis, downAxis, roomForTicks, valueText } from "./axes";
import { decimated } from "./decimate";
import { type Area, type Hit, type Picture, type Shape, type Zoom, fitted, hatched, label, line, oddSign, outline, rect, symbol, textWidth } from "./picture";
import { inkOfRole } from "./roles";
import { linearBetween, linearScale, logScale, symlogBetween, zoomed, type Scale } from "./scale";

const LABEL_GAP = 14;
/** Room above and below the lines on a log axis, as a factor. */
const LOG_MARGIN = 1.15;
/** Height of the lane above the axis for values that are no number. */
export const ODD_LANE = 16;
const MOST_MARKERS = 60;

/** Where values lie in pixels, whoever worked it out. */
export interface LineFrame {
  plot: Area;
  /** First and last value of the x axis that are shown. */
  domain: readonly [number, number];
  x: (value: number) => number;
  y: (value: number) => number;
}

export function linesOf(panel: Panel): Line[] {
  return panel.marks.filter((mark): mark is Line => mark.kind === "line");
}

export function rulesOf(panel: Panel): Rule[] {
  return panel.marks.filter((mark): mark is Rule => mark.kind === "rule");
}

export function envelopesOf(panel: Panel): Envelope[] {
  return panel.marks.filter((mark): mark is Envelope => mark.kind === "envelope");
}

function zonesOf(panel: Panel): Zone[] {
  return panel.marks.filter((mark): mark is Zone => mark.kind === "zone");
}

/** Everything that the vertical axis has to hold. */
function heightsOf(panel: Panel): number[] {
  const guides = zonesOf(panel).flatMap((zone) => (zone.axis === "y" ? [zone.low, zone.high] : []));
  const curves = panel.marks.flatMap((mark) => (mark.kind === "line" ? mark.y : mark.kind === "envelope" ? [...mark.low, ...mark.high] : []));
  return [...curves, ...guides].map(toNumber).filter((value) => value !== null);
}

/** The vertical scale of a panel of lines. */
export function scaleOfLines(panel: Panel): Scale {
  const values = heightsOf(panel);
  if (panel.y.scale === "symlog") return symlogBetween(values);
  if (panel.y.scale === "log") return logScale(values.flatMap((value) => [value * LOG_MARGIN, value / LOG_MARGIN]));
  let least = Infinity;
  for (const value of values) least = Math.min(least, value);
  return linearScale(values, panel.y.unit !== "share" || least < 0.5);
}

/** Ends of the shared axis; a single value has room on both sides. */
export function endsOfLines(panel: Panel): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  const stretch = (value: number | null): void => {
    if (value === null) return;
    low = Math.min(low, value);
    high = Math.max(high, value);
  };
  if (panel.x.categories.length) return panel.x.categories.length > 1 ? [0, panel.x.categories.length - 1] : [-0.5, 0.5];
  for (const mark of [...linesOf(panel), ...envelopesOf(panel)]) for (const raw of mark.x) stretch(toNumber(raw));
  for (const rule of rulesOf(panel)) if (rule.axis === "x") stretch(toNumber(rule.value));
  if (low > high) return [0, 1];
  return low === high ? [low - 1, high + 1] : [low, high];
}

/** What is asked of a line again and again, worked out once: charts are drawn at every zoom. */
interface Known {
  /** The points that have a place, by rising x. */
  xs: Float64Array;
  ys: Float64Array;
  odd: { x: number; raw: "NaN" | "Infinity" | "-Infinity" }[];
  last: number | null;
}

const known = new WeakMap<Line, Known>();

function knownOf(mark: Line): Known {
  const before = known.get(mark);
  if (before) return before;
  const odd: Known["odd"] = [];
  const points: [number, number][] = [];
  mark.x.forEach((rawX, i) => {
    const [x, raw] = [toNumber(rawX), mark.y[i]];
    if (x === null || raw === null || raw === undefined) return;
    if (typeof raw === "string") odd.push({ x, raw });
    else points.push([x, raw]);
  });
  const last = points.at(-1)?.[1] ?? null;
  points.sort((a, b) => a[0] - b[0]);
  const made = { xs: Float64Array.from(points, ([x]) => x), ys: Float64Array.from(points, ([, y]) => y), odd, last };
  known.set(mark, made);
  return made;
}

/** Whether any point is NaN or infinite, and needs the lane. */
export function hasOdd(panel: Panel): boolean {
  return linesOf(panel).some((mark) => knownOf(mark).odd.length > 0);
}

/** Room at the right for the labels of the lines. */
export function roomForLabels(panel: Panel): number {
  return 22 + Math.max(20, ...linesOf(panel).map((mark) => textWidth(`${shortLabel(mark)} ${lastText(panel, mark)}`, 11, true)));
}

function shortLabel(mark: Line): string {
  return fitted(mark.label, 110, 11);
}

function lastOf(mark: Line): number | null {
  return knownOf(mark).last;
}

function lastText(panel: Panel, mark: Line): string {
  const value = lastOf(mark);
  return value === null ? "" : panel.y.unit === "share" ? figures(100 * value) : figures(value);
}

/** What is drawn beneath the lines: guides, bands, and the gap between train and test. */
export function shadeShapes(panel: Panel, frame: LineFrame): Shape[] {
  return [...zonesOf(panel).flatMap((zone) => zoneShapes(zone, frame)), ...envelopesOf(panel).flatMap((mark) => envelopeShapes(mark, panel, frame)), ...gapShapes(panel, frame)];
}

function zoneShapes(zone: Zone, { plot, x, y }: LineFrame): Shape[] {
  const ends = [Number(zone.low), Number(zone.high)].map(zone.axis === "x" ? x : y);
  const [least, most] = zone.axis === "x" ? [plot.x, plot.x + plot.width] : [plot.y, plot.y + plot.height];
  const from = Math.max(least, Math.min(...ends));
  const to = Math.min(most, Math.max(...ends));
  if (!(to > from)) return [];
  const box = zone.axis === "x" ? { x: from, y: plot.y, width: to - from, height: plot.height } : { x: plot.x, y: from, width: plot.width, height: to - from };
  const said = fitted(zone.label, box.width - 8);
  const words = said === "…" ? [] : [label(box.x + 4, box.y + 11, said, { fill: "text-3", halo: "panel" })];
  if (zone.hatched) return [...hatched(box.x, box.y, box.width, box.height), ...words];
  return [rect(box.x, box.y, box.width, box.height, "control", { opacity: 0.14 }), ...words];
}

/** Each unbroken stretch of a band, from its upper curve back along its lower one. */
function envelopeShapes(mark: Envelope, panel: Panel, frame: LineFrame): Shape[] {
  const { plot } = frame;
  const place = (raw: unknown): number | null => {
    const value = toNumber(raw);
    if (value === null || (panel.y.scale === "log" && value <= 0)) return null;
    return Math.max(plot.y, Math.min(plot.y + plot.height, frame.y(value)));
  };
  const shapes: Shape[] = [];
  let [there, back]: [[number, number][], [number, number][]] = [[], []];
  const close = (): void => {
    if (there.length > 1) shapes.push(outline([...there, ...back.reverse(), there[0]!], { fill: inkOfRole(mark.role), opacity: mark.strength as number }));
    [there, back] = [[], []];
  };
  mark.x.forEach((raw, i) => {
    const at = toNumber(raw);
    const [low, high] = [place(mark.low[i]), place(mark.high[i])];
    if (at === null || low === null || high === null) return close();
    const x = Math.max(plot.x, Math.min(plot.x + plot.width, frame.x(at)));
    there.push([x, high]);
    back.push([x, low]);
  });
  close();
  return shapes;
}

/** The gap between train and test, shaded. */
function gapShapes(panel: Panel, frame: LineFrame): Shape[] {
  const [train, test] = pairOf(panel);
  if (!train || !test) return [];
  const samples = gapSamples(train, test, frame);
  if (samples.length < 2) return [];
  const upper = samples.map(({ x, a }): [number, number] => [x, a]);
  const lower = samples.map(({ x, b }): [number, number] => [x, b]).reverse();
  return [outline([...upper, ...lower, upper[0]!], { fill: "accent", opacity: 0.09 })];
}

function pairOf(panel: Panel): [Line | undefined, Line | undefined] {
  const lines = linesOf(panel);
  const of = (role: string): Line[] => lines.filter((mark) => mark.role === role);
  return of("train").length === 1 && of("test").length === 1 ? [of("train")[0], of("test")[0]] : [undefined, undefined];
}

interface GapSample {
  x: number;
  a: number;
  b: number;
}

/** Heights of both lines where either has a point, or at each pixel where there are very many. */
function gapSamples(train: Line, test: Line, frame: LineFrame): GapSample[] {
  const { plot, x, y } = frame;
  const clamp = (height: number): number => Math.max(plot.y, Math.min(plot.y + plot.height, height));
  const [one, other] = [knownOf(train), knownOf(test)];
  return sampledAt(one, other, frame).flatMap((value): GapSample[] => {
    const [a, b] = [heightAt(one, value, y), heightAt(other, value, y)];
    return a === null || b === null ? [] : [{ x: x(value), a: clamp(a), b: clamp(b) }];
  });
}

function sampledAt(one: Known, other: Known, { plot, domain: [low, high] }: LineFrame): number[] {
  const inside = [one.xs, other.xs].map((xs) => xs.subarray(firstAt(xs, low), firstAt(xs, high + Number.EPSILON * Math.abs(high)) + 1));
  const most = Math.ceil(plot.width);
  if (inside[0]!.length + inside[1]!.length <= 2 * most)
    return [...new Set([low, ...inside[0]!, ...inside[1]!, high])].filter((value) => value >= low && value <= high).sort((a, b) => a - b);
  return Array.from({ length: most + 1 }, (_, i) => low + (i / most) * (high - low));
}

/** Index of the first value that is not below a limit. */
function firstAt(values: Float64Array, limit: number): number {
  let [from, to] = [0, values.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (values[middle]! < limit) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Height of a line between its points; null where it is not measured yet or no more. */
function heightAt({ xs, ys }: Known, value: number, y: LineFrame["y"]): number | null {
  const next = firstAt(xs, value);
  if (next >= xs.length) return null;
  if (xs[next] === value) return y(ys[next]!);
  if (next === 0) return null;
  const [left, right] = [xs[next - 1]!, xs[next]!];
  const [before, after] = [y(ys[next - 1]!), y(ys[next]!)];
  return before + ((after - before) * (value - left)) / (right - left);
}

/** Labels at the ends, the bracket of the gap, rules, and values that are no number: drawn over the lines. */
export function noteShapes(panel: Panel, frame: LineFrame): Shape[] {
  return [...ruleShapes(panel, frame), ...endShapes(panel, frame), ...oddShapes(panel, frame), ...gapLabel(panel, frame)];
}

function ruleShapes(panel: Panel, { plot, x, y }: LineFrame): Shape[] {
  const floor = plot.y + plot.height;
  return rulesOf(panel).flatMap((rule): Shape[] => {
    const at = rule.axis === "x" ? x(Number(rule.value)) : y(Number(rule.value));
    if (rule.axis === "y") {
      if (at < plot.y || at > floor) return [];
      return [line(plot.x, at, plot.x + plot.width, at, "text-3", { dash: [3, 3] }), label(plot.x + 4, at - 4, visible(rule.label), { fill: "text-3", halo: "panel" })];
    }
    if (at < plot.x - 0.5 || at > plot.x + plot.width + 0.5) return [];
    const isRight = at + textWidth(rule.label) + 6 > plot.x + plot.width;
    return [
      line(at, plot.y, at, floor, "text-3", { dash: [3, 3] }),
      label(at + (isRight ? -5 : 5), floor - 6, fitted(rule.label, 200), { fill: "text-3", halo: "panel", anchor: isRight ? "end" : "start" }),
    ];
  });
}

interface End {
  mark: Line;
  y: number;
  at: number;
}

function endsOf(panel: Panel, { plot, y }: LineFrame): End[] {
  const ends = linesOf(panel).flatMap((mark): End[] => {
    const value = lastOf(mark);
    if (value === null || (panel.y.scale === "log" && value <= 0)) return [];
    const height = Math.max(plot.y, Math.min(plot.y + plot.height, y(value)));
    return [{ mark, y: height, at: height }];
  });
  ends.sort((a, b) => a.y - b.y);
  let floor = hasOdd(panel) ? plot.y - ODD_LANE / 2 : -Infinity; // under the count of values that are no number
  for (const end of ends) floor = end.at = Math.max(end.y, floor + LABEL_GAP);
  const over = (ends.at(-1)?.at ?? 0) - (plot.y + plot.height + 4);
  if (over > 0) for (let i = ends.length - 1, ceiling = Infinity; i >= 0; i--) ceiling = ends[i]!.at = Math.min(ends[i]!.at - (i === ends.length - 1 ? over : 0), ceiling - LABEL_GAP);
  return ends;
}

function endShapes(panel: Panel, frame: LineFrame): Shape[] {
  const { plot } = frame;
  const ends = endsOf(panel, frame);
  const right = plot.x + plot.width;
  const [train, test] = pairOf(panel);
  const pair = ends.filter(({ mark }) => mark === train || mark === test);
  const shapes: Shape[] = ends.map(({ mark, at }) =>
    label(right + 12, at + 4, `${shortLabel(mark)} ${lastText(panel, mark)}`, { size: 11, bold: true, fill: mark.role === "neutral" ? "text-2" : inkOfRole(mark.role) }),
  );
  if (pair.length === 2 && Math.abs(pair[0]!.y - pair[1]!.y) > 8) {
    const [top, bottom] = [pair[0]!.y, pair[1]!.y];
    shapes.push(outline([[right + 3, top], [right + 7, top], [right + 7, bottom], [right + 3, bottom]], { stroke: "text-3", width: 1 }));
  }
  return shapes;
}

/** Where along the shade the gap may be written, the best place first. */
const GAP_SHARES = [0.72, 0.6, 0.84, 0.5, 0.4, 0.3, 0.2];

/** The gap in numbers, in the middle of the shade where neither line runs through the words. */
function gapLabel(panel: Panel, frame: LineFrame): Shape[] {
  const [train, test] = pairOf(panel);
  const [a, b] = [train && lastOf(train), test && lastOf(test)];
  if (a == null || b == null || !train || !test) return [];
  const samples = gapSamples(train, test, frame);
  const text = panel.y.unit === "share" ? `gap ${figures(100 * Math.abs(a - b))} points` : panel.y.scale === "log" ? `gap ${figures(Math.max(a / b, b / a))}×` : `gap ${figures(Math.abs(a - b))}`;
  const end = samples.at(-1);
  if (!end || Math.abs(end.a - end.b) < 12) return [];
  const half = textWidth(text) / 2 + 4;
  const spot = GAP_SHARES.flatMap((share) => sampleAt(samples, share) ?? []).find((place) => isFree(samples, place, half));
  if (!spot) return [];
  return [label(spot.x, (spot.a + spot.b) / 2 + 3.5, text, { anchor: "middle", fill: "accent", halo: "panel" })];
}

/** Whether words of this half width fit between the lines, in the middle of the gap at a place. */
function isFree(samples: readonly GapSample[], { x, a, b }: GapSample, half: number): boolean {
  const middle = (a + b) / 2;
  const around = [sampleAtX(samples, x - half), ...samples.filter((sample) => Math.abs(sample.x - x) < half), sampleAtX(samples, x + half)];
  return around.every((sample) => sample && Math.min(sample.a, sample.b) <= middle - 8 && Math.max(sample.a, sample.b) >= middle + 8);
}

/** The gap at a share of the way. */
function sampleAt(samples: readonly GapSample[], share: number): GapSample | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  return first && last && sampleAtX(samples, first.x + share * (last.x - first.x));
}

/** The gap at a place, between the samples on both sides; none beyond the ends. */
function sampleAtX(samples: readonly GapSample[], x: number): GapSample | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || x < first.x || x > last.x) return undefined;
  const next = samples.findIndex((sample) => sample.x >= x);
  const [left, right] = [samples[Math.max(0, next - 1)]!, samples[next] ?? last];
  const along = right.x > left.x ? (x - left.x) / (right.x - left.x) : 0;
  return { x, a: left.a + along * (right.a - left.a), b: left.b + along * (right.b - left.b) };
}

/** The lane above the axis: a sign at each value that is no number, and how many there are. */
function oddShapes(panel: Panel, { plot, x }: LineFrame): Shape[] {
  const found = linesOf(panel).flatMap((mark) => knownOf(mark).odd.map(({ x: value, raw }) => ({ at: x(value), raw })));
  if (!found.length) return [];
  const y = plot.y - ODD_LANE / 2 - 1;
  const columns = new Set<string>();
  const signs = found.filter(({ at, raw }) => at >= plot.x - 1 && at <= plot.x + plot.width + 1 && !columns.has(`${raw}${Math.round(at / 4)}`) && columns.add(`${raw}${Math.round(at / 4)}`));
  const names = { NaN: "NaN", Infinity: "Inf", "-Infinity": "−Inf" } as const;
  const counts = (Object.keys(names) as (keyof typeof names)[]).flatMap((kind) => {
    const n = found.filter(({ raw }) => raw === kind).length;
    return n ? [`${count(n)} ${names[kind]}`] : [];
  });
  return [
    rect(plot.x, plot.y - ODD_LANE, plot.width, ODD_LANE - 3, "sunk", { radius: 2 }),
    ...signs.map(({ at, raw }) => oddSign(raw, at, y, 3.5)),
    label(plot.x + plot.width + 12, y + 4, counts.join(", "), { fill: "severity-high", size: 10 }),
  ];
}

/** The whole chart without uPlot: for files and for paper. */
export function linesPicture(panel: Panel, width: number, zoom: Zoom, height = 210): Picture {
  const [low, high] = endsOfLines(panel);
  const x = linearBetween(low + zoom.x[0] * (high - low), low + zoom.x[1] * (high - low), Math.max(3, Math.min(8, Math.floor(width / 90))));
  const y = zoomed(scaleOfLines(panel), [0, 1]);
  const left = Math.max(34, roomForTicks(y, panel.y.unit));
  const top = 10 + (hasOdd(panel) ? ODD_LANE : 0);
  const plot: Area = { x: left, y: top, width: Math.max(60, width - left - roomForLabels(panel)), height: height - top - 44 };
  const frame: LineFrame = { plot, domain: x.domain, x: (value) => plot.x + x.place(value) * plot.width, y: (value) => plot.y + (1 - y.place(value)) * plot.height };
  const whole = x.ticks.filter(({ value }) => Number.isInteger(value));
  const ticks = (whole.length >= 2 || panel.x.categories.length ? whole : x.ticks).map(({ value }) => ({ value, label: xText(panel, value, width / Math.max(2, whole.length) - 8) }));
  const floor = plot.y + plot.height;
  const shapes: Shape[] = [
    ...downAxis(y, plot, panel.y.unit),
    ...acrossAxis({ ...x, kind: "log", ticks }, plot, "", "below", false),
    line(plot.x, floor, plot.x + plot.width, floor, "control"),
    label(plot.x + plot.width / 2, floor + 32, [panel.x.label, panel.x.unit].filter(Boolean).map(visible).join(", "), { anchor: "middle", fill: "text-3" }),
    ...shadeShapes(panel, frame),
    ...linesOf(panel).flatMap((mark) => lineShapes(mark, frame, y)),
    ...noteShapes(panel, frame),
  ];
  return { width, height, shapes, hits: lineHits(panel, frame), plot, zooms: "x", xAt: frame.x };
}

function lineShapes(mark: Line, frame: LineFrame, scale: Scale): Shape[] {
  const ink = inkOfRole(mark.role);
  const { plot } = frame;
  const inside = mark.x.map((raw, i) => ({ x: frame.x(Number(raw)), value: toNumber(mark.y[i]) })).filter(({ x }) => x >= plot.x - 0.5 && x <= plot.x + plot.width + 0.5);
  const values = inside.map(({ value }) => (value !== null && !(scale.kind === "log" && value <= 0) ? value : null));
  const kept = decimated(inside.map(({ x }) => x), values);
  const points = kept.map((i): [number, number] | null => (values[i] === null ? null : [inside[i]!.x, frame.y(values[i]!)]));
  const alone = points.filter((point, i) => point && !points[i - 1] && !points[i + 1]);
  const markers = mark.markers && points.length <= MOST_MARKERS ? points.filter((point) => point !== null) : alone;
  return [
    outline(points, { stroke: ink, width: 1.6, ...(mark.dashed ? { dash: [5, 3] } : {}) }),
    ...markers.map((point) => symbol("circle", point![0], point![1], 2.5, ink, true)),
  ];
}

function lineHits(panel: Panel, frame: LineFrame): Hit[] {
  const steps = new Map<number, string[]>();
  for (const mark of linesOf(panel))
    mark.x.forEach((raw, i) => {
      const x = toNumber(raw);
      if (x === null) return;
      steps.set(x, [...(steps.get(x) ?? []), pointText(panel, mark, i)]);
    });
  if (steps.size > MOST_MARKERS * 10) return [];
  return [...steps].map(([x, said]) => ({ x: frame.x(x) - 2, y: frame.plot.y, width: 4, height: frame.plot.height, node: null, tip: `${xText(panel, x)}: ${[...said, ...envelopeTexts(panel, x)].join(", ")}` }));
}

/** A place on the x axis in words: a layer, or a number. */
export function xText(panel: Panel, value: number, width = Infinity): string {
  const { categories } = panel.x;
  if (!categories.length) return value.toLocaleString("en-US", { maximumFractionDigits: 2 });
  const name = categories[value] ?? "";
  return Number.isFinite(width) ? fitted(name, width) : visible(name);
}

/** What the bands of a panel reach from and to at a place. */
export function envelopeTexts(panel: Panel, x: number): string[] {
  return envelopesOf(panel).flatMap((mark) => {
    const at = mark.x.findIndex((raw) => Number(raw) === x);
    const [low, high] = [toNumber(mark.low[at]), toNumber(mark.high[at])];
    return low === null || high === null ? [] : [`${visible(mark.label)} ${valueText(low, panel.y)} … ${valueText(high, panel.y)}`];
  });
}

/** One point of a line in words. */
export function pointText(panel: Panel, mark: Line, index: number): string {
  const raw = mark.y[index];
  const value = toNumber(raw);
  return `${mark.label} ${value !== null ? valueText(value, panel.y) : (raw ?? "not measured")}`;
}
