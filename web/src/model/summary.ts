/** Tensor summaries in the browser: merging, figures, and bins for a symmetric log axis. */

import type { TensorSummary } from "../generated/document";
import { toNumber } from "./format";

const ORIGIN = 16384;

export interface Figures {
  count: number;
  finite: number;
  nonfinite: number;
  zero: number;
  mean: number | null;
  std: number | null;
  norm: number;
  minimum: number | null;
  maximum: number | null;
}

/** Lower and upper edge of a bin's magnitude; the sign is that of the key. */
export function magnitudeEdges(key: number): [number, number] {
  const index = Math.abs(key) - ORIGIN;
  const exponent = Math.floor(index / 8);
  const mantissa = index - exponent * 8;
  return [2 ** exponent * (1 + mantissa / 8), 2 ** exponent * (1 + (mantissa + 1) / 8)];
}

export function merge(summaries: TensorSummary[]): TensorSummary | null {
  const first = summaries[0];
  if (!first || summaries.length === 1) return first ?? null;
  const bins = new Map<number, number>();
  const sum = (name: "count" | "nan" | "positive_infinity" | "negative_infinity" | "zero" | "subnormal") =>
    summaries.reduce((total, s) => total + s[name], 0);
  const total = (name: "total" | "total_squares" | "total_absolute") =>
    summaries.reduce((all, s) => all + (toNumber(s[name]) ?? 0), 0);
  const known = (name: "minimum" | "maximum") =>
    summaries.map((s) => toNumber(s[name])).filter((v): v is number => v !== null);
  for (const s of summaries)
    s.bin_keys.forEach((key, i) => bins.set(key, (bins.get(key) ?? 0) + s.bin_counts[i]!));
  const keys = [...bins.keys()].sort((a, b) => a - b);
  const [lows, highs] = [known("minimum"), known("maximum")];
  return {
    count: sum("count"),
    nan: sum("nan"),
    positive_infinity: sum("positive_infinity"),
    negative_infinity: sum("negative_infinity"),
    zero: sum("zero"),
    subnormal: sum("subnormal"),
    minimum: lows.length ? lows.reduce((a, b) => Math.min(a, b)) : null,
    maximum: highs.length ? highs.reduce((a, b) => Math.max(a, b)) : null,
    total: total("total"),
    total_squares: total("total_squares"),
    total_absolute: total("total_absolute"),
    bin_keys: keys,
    bin_counts: keys.map((key) => bins.get(key)!),
  };
}

export function figures(s: TensorSummary): Figures {
  const nonfinite = s.nan + s.positive_infinity + s.negative_infinity;
  const finite = s.count - nonfinite;
  const mean = finite ? (toNumber(s.total) ?? 0) / finite : null;
  const squares = toNumber(s.total_squares) ?? 0;
  return {
    count: s.count,
    finite,
    nonfinite,
    zero: s.zero,
    mean,
    std: mean === null ? null : Math.sqrt(Math.max(0, squares / finite - mean * mean)),
    norm: Math.sqrt(squares),
    minimum: toNumber(s.minimum),
    maximum: toNumber(s.maximum),
  };
}

export interface SignedBins {
  /** Magnitude of the innermost edge, as a power of ten times `perDecade`. */
  first: number;
  perDecade: number;
  /** From small to large magnitude. */
  positive: number[];
  negative: number[];
  zero: number;
}

/** A few bins a decade on both sides; counts are kept in sum, split in proportion to the log. */
export function signedBins(s: TensorSummary, perDecade = 4, mostDecades = 6): SignedBins | null {
  if (!s.bin_keys.length) return null;
  const spans = s.bin_keys.map((key) => {
    const [near, far] = magnitudeEdges(key);
    return [Math.log10(near) * perDecade, Math.log10(far) * perDecade] as const;
  });
  const top = Math.ceil(Math.max(...spans.map((span) => span[1])) - 1e-9);
  const lowest = Math.floor(Math.min(...spans.map((span) => span[0])) + 1e-9);
  const first = Math.max(lowest, top - mostDecades * perDecade);
  const bins: SignedBins = {
    first,
    perDecade,
    positive: new Array<number>(top - first).fill(0),
    negative: new Array<number>(top - first).fill(0),
    zero: s.zero,
  };
  spans.forEach(([start, end], i) => {
    const side = s.bin_keys[i]! < 0 ? bins.negative : bins.positive;
    spreadOver(side, start - first, end - first, s.bin_counts[i]!);
  });
  return bins;
}

function spreadOver(side: number[], start: number, end: number, count: number): void {
  const from = Math.min(Math.max(start, 0), side.length);
  const to = Math.min(Math.max(end, 0), side.length);
  if (to - from < 1e-12) {
    const index = Math.min(Math.floor(from), side.length - 1);
    side[index] = side[index]! + count;
    return;
  }
  for (let at = from; at < to - 1e-12; ) {
    const index = Math.floor(at + 1e-12);
    const stop = Math.min(index + 1, to);
    side[index] = side[index]! + (count * (stop - at)) / (to - from);
    at = stop;
  }
}
