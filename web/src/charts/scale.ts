/** Axes: where a value stands, and the ticks to write. */

import { figures, power } from "../model/format";

/** How near to the label of zero no other label fits, as a share of the axis. */
const ROOM_AROUND_ZERO = 0.08;

/** Where a value stands on an axis, 0 to 1, and the ticks to show. */
export interface Scale {
  readonly kind: "linear" | "log" | "symlog";
  readonly domain: readonly [number, number];
  place(value: number): number;
  /** The value at a place: the inverse of `place`. */
  at(share: number): number;
  ticks: { value: number; label: string }[];
  /** Closer ticks between two places, where they are not worked out from the ends alone. */
  fine?: (from: number, to: number) => { value: number; label: string }[];
}

/** A linear axis that holds the values, widened to round numbers. */
export function linearScale(values: readonly number[], fromZero = true, most = 5): Scale {
  const [least, greatest] = range(values);
  const low = fromZero ? Math.min(0, least) : least;
  const high = greatest > low ? greatest : low + 1;
  const step = roundStep((high - low) / (most - 1));
  const first = tidy(Math.floor(low / step + 1e-9) * step);
  const last = tidy(Math.ceil(high / step - 1e-9) * step);
  const length = Math.round((last - first) / step);
  const ticks = Array.from({ length: length + 1 }, (_, i) => {
    const value = tidy(first + i * step);
    return { value, label: figures(value) };
  });
  const place = (value: number): number => (value - first) / (last - first);
  return { kind: "linear", domain: [first, last], place, at: (share) => first + share * (last - first), ticks };
}

/** A linear axis from exactly one value to another, with round ticks within. */
export function linearBetween(low: number, high: number, most = 5): Scale {
  const span = high - low || 1;
  const step = roundStep(span / most);
  const ticks: Scale["ticks"] = [];
  for (let i = Math.ceil(low / step - 1e-9); tidy(i * step) <= low + span * (1 + 1e-9); i++) {
    const value = tidy(i * step);
    ticks.push({ value, label: figures(value) });
  }
  return { kind: "linear", domain: [low, low + span], place: (value) => (value - low) / span, at: (share) => low + share * span, ticks };
}

/** The part of an axis that a zoom shows, with ticks of its own. */
export function zoomed(scale: Scale, [from, to]: readonly [number, number]): Scale {
  if (from === 0 && to === 1) return scale;
  const [low, high] = [scale.at(from), scale.at(to)];
  if (scale.kind === "linear") return linearBetween(low, high);
  if (scale.kind === "log") return logBetween(low, high);
  const place = (value: number): number => (scale.place(value) - from) / (to - from);
  const ticks = scale.fine?.(from, to) ?? scale.ticks;
  return { ...scale, domain: [low, high], place, at: (share) => scale.at(from + share * (to - from)), ticks: ticks.filter(({ value }) => place(value) >= 0 && place(value) <= 1) };
}

/** A logarithmic axis over the positive values; ticks at 1 and 3 where few decades are shown. */
export function logScale(values: readonly number[]): Scale {
  const [least, greatest] = range(values.filter((value) => value > 0));
  let low = Math.log10(least > 0 ? least : 1e-3);
  let high = Math.log10(greatest > 0 ? greatest : 1);
  if (high - low < 0.5) [low, high] = [low - 0.25, high + 0.25];
  return logOver(low, high);
}

/** A logarithmic axis from exactly one value to another. */
export function logBetween(low: number, high: number): Scale {
  return logOver(Math.log10(low), Math.log10(high));
}

function logOver(low: number, high: number): Scale {
  const place = (value: number): number => (value > 0 ? (Math.log10(value) - low) / (high - low) : 0);
  const at = (share: number): number => 10 ** (low + share * (high - low));
  const ticks = high - low < 0.45 ? linearBetween(10 ** low, 10 ** high).ticks : logTicks(low, high);
  return { kind: "log", domain: [10 ** low, 10 ** high], place, at, ticks };
}

function logTicks(low: number, high: number): Scale["ticks"] {
  const decades = high - low;
  const every = Math.max(1, Math.ceil(decades / 5));
  const factors = decades <= 2.6 ? [1, 3] : [1];
  const ticks: Scale["ticks"] = [];
  for (let exponent = Math.floor(low); exponent <= Math.ceil(high); exponent++) {
    if (factors.length === 1 && exponent % every !== 0) continue;
    for (const factor of factors) {
      const value = factor * 10 ** exponent;
      const at = Math.log10(value);
      if (at < low - 1e-9 || at > high + 1e-9) continue;
      const isFar = exponent < -2 || exponent > 3;
      const label = isFar ? (factor === 1 ? power(exponent) : `${factor}·${power(exponent)}`) : figures(value);
      ticks.push({ value, label });
    }
  }
  return ticks;
}

/**
 * A signed axis over decades `first` to `last` on both sides of a gap for exact zeros.
 *
 * @param positiveOnly leaves out the negative side: zero lies at the left end.
 */
export function symlogScale(first: number, last: number, gap = 0.06, positiveOnly = false): Scale {
  const middle = positiveOnly ? gap / 2 : 0.5;
  const half = positiveOnly ? 1 - gap : (1 - gap) / 2;
  const decades = Math.max(1, last - first);
  const place = (value: number): number => {
    if (value === 0) return middle;
    const along = Math.max(0, Math.min(1, (Math.log10(Math.abs(value)) - first) / decades));
    const outward = gap / 2 + along * half;
    return value > 0 ? middle + outward : middle - outward;
  };
  const at = (share: number): number => {
    const outward = Math.abs(share - middle) - gap / 2;
    if (outward < 0) return 0;
    return Math.sign(share - middle) * 10 ** (first + (outward / half) * decades);
  };
  const ticksEvery = (every: number, room: number): Scale["ticks"] => {
    const positive: Scale["ticks"] = [];
    for (let exponent = last; exponent >= first; exponent -= every) {
      positive.unshift({ value: 10 ** exponent, label: power(exponent) });
    }
    const negative = positiveOnly ? [] : positive.map(({ value, label }) => ({ value: -value, label: `−${label}` })).reverse();
    const isClear = (tick: { value: number }): boolean => Math.abs(place(tick.value) - middle) > room;
    return [...negative.filter(isClear), { value: 0, label: "0" }, ...positive.filter(isClear)];
  };
  const sides = positiveOnly ? 4 : 2;
  const fine = (from: number, to: number): Scale["ticks"] => ticksEvery(Math.max(1, Math.ceil((decades / sides) * (to - from))), ROOM_AROUND_ZERO * (to - from));
  return { kind: "symlog", domain: [positiveOnly ? 0 : -(10 ** last), 10 ** last], place, at, ticks: ticksEvery(Math.max(1, Math.ceil(decades / sides)), ROOM_AROUND_ZERO), fine };
}

/** Decades below the largest magnitude that a symmetric log axis of curves tells apart. */
const CURVE_DECADES = 4;
/** Decades between zero and the innermost magnitude: there the axis is linear. */
const HALF_GAP = 0.5;

/** A signed axis for curves: logarithmic far from zero, linear near it, no longer than the values. */
export function symlogBetween(values: readonly number[]): Scale {
  const sizes = values.filter(Number.isFinite).map(Math.abs).filter((size) => size > 0);
  let [least, greatest] = [Infinity, 0];
  for (const size of sizes) [least, greatest] = [Math.min(least, size), Math.max(greatest, size)];
  if (!sizes.length) return linearScale(values);
  const inner = Math.max(least, greatest / 10 ** CURVE_DECADES);
  const along = (value: number): number => {
    const size = Math.abs(value) / inner;
    return Math.sign(value) * (size <= 1 ? HALF_GAP * size : HALF_GAP + Math.log10(size));
  };
  const back = (place: number): number => {
    const size = Math.abs(place);
    return Math.sign(place) * inner * (size <= HALF_GAP ? size / HALF_GAP : 10 ** (size - HALF_GAP));
  };
  const ends = range(values).map(along) as [number, number];
  const margin = 0.05 * (ends[1] - ends[0] || 1);
  const [low, high] = [ends[0] - margin, ends[1] + margin];
  const ticks: Scale["ticks"] = [{ value: 0, label: "0" }];
  const first = Math.ceil(Math.log10(inner) - 1e-9);
  const last = Math.floor(Math.log10(greatest) + 1e-9);
  const every = Math.max(1, Math.ceil((last - first + 1) / 2));
  for (let exponent = last; exponent >= first; exponent -= every)
    for (const [sign, mark] of [[1, ""], [-1, "−"]] as const) ticks.push({ value: sign * 10 ** exponent, label: `${mark}${power(exponent)}` });
  const shown = ticks.filter(({ value }) => along(value) >= low && along(value) <= high).sort((a, b) => a.value - b.value);
  return { kind: "symlog", domain: [back(low), back(high)], place: (value) => (along(value) - low) / (high - low), at: (share) => back(low + share * (high - low)), ticks: shown };
}

function range(values: readonly number[]): [number, number] {
  let [least, greatest] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
  }
  return least <= greatest ? [least, greatest] : [0, 1];
}

/** Without the last digits, in which 3 * 0.2 is not 0.6. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 2.5, 5, 10].find((candidate) => candidate * power >= rough * (1 - 1e-9)) ?? 10;
  return factor * power;
}
