/** Axes: where a value stands, and the ticks to write. */

import { figures, power } from "../model/format";

/** How near to the label of zero no other label fits, as a share of the axis. */
const ROOM_AROUND_ZERO = 0.08;

/** Where a value stands on an axis, 0 to 1, and the ticks to show. */
export interface Scale {
  readonly kind: "linear" | "log" | "symlog";
  readonly domain: readonly [number, number];
  place(value: number): number;
  ticks: { value: number; label: string }[];
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
  return { kind: "linear", domain: [first, last], place: (value) => (value - first) / (last - first), ticks };
}

/** A logarithmic axis over the positive values; ticks at 1 and 3 where few decades are shown. */
export function logScale(values: readonly number[]): Scale {
  const [least, greatest] = range(values.filter((value) => value > 0));
  let low = Math.log10(least > 0 ? least : 1e-3);
  let high = Math.log10(greatest > 0 ? greatest : 1);
  if (high - low < 0.5) [low, high] = [low - 0.25, high + 0.25];
  const domain: [number, number] = [10 ** low, 10 ** high];
  const place = (value: number): number => (value > 0 ? (Math.log10(value) - low) / (high - low) : 0);
  return { kind: "log", domain, place, ticks: logTicks(low, high) };
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

/** A signed axis over decades `first` to `last` on both sides of a gap for exact zeros. */
export function symlogScale(first: number, last: number, gap = 0.06): Scale {
  const half = (1 - gap) / 2;
  const place = (value: number): number => {
    if (value === 0) return 0.5;
    const along = Math.max(0, Math.min(1, (Math.log10(Math.abs(value)) - first) / Math.max(1, last - first)));
    const outward = gap / 2 + along * half;
    return value > 0 ? 0.5 + outward : 0.5 - outward;
  };
  const every = Math.max(1, Math.ceil((last - first) / 2));
  const positive: Scale["ticks"] = [];
  for (let exponent = last; exponent >= first; exponent -= every) {
    positive.unshift({ value: 10 ** exponent, label: power(exponent) });
  }
  const negative = positive.map(({ value, label }) => ({ value: -value, label: `−${label}` })).reverse();
  const isClear = (tick: { value: number }): boolean => Math.abs(place(tick.value) - 0.5) > ROOM_AROUND_ZERO;
  const ticks = [...negative.filter(isClear), { value: 0, label: "0" }, ...positive.filter(isClear)];
  return { kind: "symlog", domain: [-(10 ** last), 10 ** last], place, ticks };
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
