/** Axes of a picture: which scale a panel asks for, gridlines, ticks, and what is written on them. */

import type { Axis } from "../generated/document";
import { figures, inUnit, si } from "../model/format";
import { type Area, type Shape, label, line, textWidth } from "./picture";
import { linearScale, logScale, symlogScale, type Scale } from "./scale";

/** Room between two labels of ticks, in pixels. */
const TICK_GAP = 6;

/** The scale of an axis over its values. */
export function scaleFor(axis: Axis, values: readonly number[], fromZero = false): Scale {
  if (axis.scale === "log") return logScale(values);
  if (axis.scale === "symlog") return symlogOver(values);
  return linearScale(values, fromZero);
}

/** A symmetric log axis over whole decades of the magnitudes. */
export function symlogOver(values: readonly number[], positiveOnly = false): Scale {
  let [least, greatest] = [Infinity, 0];
  for (const value of values) {
    const size = Math.abs(value);
    if (!(size > 0) || size === Infinity) continue;
    least = Math.min(least, size);
    greatest = Math.max(greatest, size);
  }
  if (greatest === 0) return symlogScale(-3, 0, 0.06, positiveOnly);
  const last = Math.ceil(Math.log10(greatest) - 1e-9);
  return symlogScale(Math.min(Math.floor(Math.log10(least) + 1e-9), last - 1), last, 0.06, positiveOnly);
}

export function tickText(tick: Scale["ticks"][number], scale: Scale, unit: string): string {
  if (unit && unit !== "%" && unit !== "share") return trimmed(inUnit(tick.value, unit));
  if (unit === "share") return figures(100 * tick.value);
  return scale.kind === "linear" && Math.abs(tick.value) >= 1e4 ? trimmed(si(tick.value)) : tick.label;
}

/** `1 M` for `1.00 M`: ticks are round. */
function trimmed(text: string): string {
  return text.replace(/\.(\d*?)0+(?=\D|$)/, (_, kept: string) => (kept ? `.${kept}` : ""));
}

/** The name of an axis with its unit, as subtitles and tables write it. */
export function withUnit(axis: Axis): string {
  const unit = axis.unit === "share" ? "%" : axis.unit;
  return unit ? `${axis.label} (${unit})` : axis.label;
}

/** A value of an axis with its unit, for tips and readouts. */
export function valueText(value: number, axis: Axis): string {
  if (axis.unit === "share") return `${figures(100 * value, 4)} %`;
  if (axis.unit === "%") return `${figures(value)} %`;
  if (axis.unit.startsWith("FLOP")) return `${inUnit(value, axis.unit)} ${axis.unit}`.replace(/ (.) FLOP/, " $1FLOP");
  const text = Number.isInteger(value) && Math.abs(value) < 1e15 && !axis.unit ? value.toLocaleString("en-US") : inUnit(value, axis.unit);
  return axis.unit && !["s", "B"].includes(axis.unit) ? `${text} ${axis.unit}` : text;
}

/** Ticks that have room, thinned evenly from the last. */
function roomy<T extends { value: number }>(ticks: readonly T[], width: (tick: T) => number, at: (tick: T) => number): T[] {
  const kept: T[] = [];
  let edge = -Infinity;
  for (const tick of ticks) {
    const half = width(tick) / 2;
    if (at(tick) - half < edge) continue;
    kept.push(tick);
    edge = at(tick) + half + TICK_GAP;
  }
  return kept;
}

/** Vertical gridlines with their labels under (or over) the plot. */
export function acrossAxis(scale: Scale, plot: Area, unit: string, labels: "below" | "above" = "below", withLines = true): Shape[] {
  const inside = scale.ticks.filter((tick) => scale.place(tick.value) >= -1e-9 && scale.place(tick.value) <= 1 + 1e-9);
  const at = (tick: { value: number }): number => plot.x + scale.place(tick.value) * plot.width;
  const text = (tick: Scale["ticks"][number]): string => tickText(tick, scale, unit);
  const shown = roomy(inside, (tick) => textWidth(text(tick)), at);
  const y = labels === "below" ? plot.y + plot.height + 14 : plot.y - 6;
  const lines = withLines ? inside.map((tick) => line(at(tick), plot.y, at(tick), plot.y + plot.height, "line")) : [];
  return [...lines, ...shown.map((tick) => label(at(tick), y, text(tick), { anchor: "middle", fill: "text-3" }))];
}

/** At most five horizontal gridlines with their labels on the left. */
export function downAxis(scale: Scale, plot: Area, unit: string): Shape[] {
  const at = (tick: { value: number }): number => plot.y + (1 - scale.place(tick.value)) * plot.height;
  const inside = scale.ticks.filter((tick) => scale.place(tick.value) >= -1e-9 && scale.place(tick.value) <= 1 + 1e-9);
  const shown = fewer(inside);
  return shown.flatMap((tick) => [
    line(plot.x, at(tick), plot.x + plot.width, at(tick), "line"),
    label(plot.x - 6, at(tick) + 3.5, tickText(tick, scale, unit), { anchor: "end", fill: "text-3" }),
  ]);
}

/** At most so many ticks, evenly chosen. */
export function fewer<T>(ticks: readonly T[], most = 5): T[] {
  const every = Math.ceil(ticks.length / most);
  return ticks.filter((_, i) => (ticks.length - 1 - i) % Math.max(1, every) === 0);
}

/** Width that the labels of a vertical axis need. */
export function roomForTicks(scale: Scale, unit: string): number {
  return 12 + Math.max(0, ...fewer(scale.ticks).map((tick) => textWidth(tickText(tick, scale, unit))));
}
