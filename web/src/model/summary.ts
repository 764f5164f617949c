/** Tensor summaries in the browser: merging, figures, and bins for a symmetric log axis. */

import type { TensorSummary } from "../generated/document";
import { type Nonfinite, toNumber } from "./format";

const ORIGIN = 16384;
const THIN_TAIL = 0.005;

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
    stored(summaries.reduce((all, s) => all + Number(s[name]), 0));
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

function spread(meanSquare: number, mean: number): number {
  return Number.isFinite(meanSquare) ? Math.sqrt(Math.max(0, meanSquare - mean * mean)) : Infinity;
}

/** A number in the form of the data, in which JSON has no infinity. */
function stored(value: number): TensorSummary["total"] {
  return Number.isFinite(value) ? value : (String(value) as Nonfinite);
}

/** The summary of a sample, counted as the whole that it stands for. */
export function scaled(s: TensorSummary, factor: number): TensorSummary {
  if (factor === 1) return s;
  const times = (value: TensorSummary["total"]) => {
    const number = toNumber(value);
    return number === null ? value : number * factor;
  };
  return {
    ...s,
    count: s.count * factor,
    nan: s.nan * factor,
    positive_infinity: s.positive_infinity * factor,
    negative_infinity: s.negative_infinity * factor,
    zero: s.zero * factor,
    subnormal: s.subnormal * factor,
    total: times(s.total),
    total_squares: times(s.total_squares),
    total_absolute: times(s.total_absolute),
    bin_counts: s.bin_counts.map((count) => count * factor),
  };
}

export function figures(s: TensorSummary): Figures {
  const nonfinite = s.nan + s.positive_infinity + s.negative_infinity;
  const finite = s.count - nonfinite;
  const mean = finite ? Number(s.total) / finite : null;
  const squares = Number(s.total_squares); // infinite where the squares exceed the range of fp64
  return {
    count: s.count,
    finite,
    nonfinite,
    zero: s.zero,
    mean,
    std: mean === null ? null : spread(squares / finite, mean),
    norm: Math.sqrt(squares),
    minimum: toNumber(s.minimum),
    maximum: toNumber(s.maximum),
  };
}

/** Values below which these shares of the finite values lie, each off by 6 % at most; null without any. */
export function quantilesOf(s: TensorSummary, shares: readonly number[]): number[] | null {
  const [minimum, maximum] = [toNumber(s.minimum), toNumber(s.maximum)];
  const finite = s.count - s.nan - s.positive_infinity - s.negative_infinity;
  if (minimum === null || maximum === null || finite <= 0) return null;
  const bins = s.bin_keys.map((key, i): [number, number] => {
    const [near, far] = magnitudeEdges(key);
    return [(Math.sign(key) * (near + far)) / 2, s.bin_counts[i]!];
  });
  const place = bins.findIndex(([value]) => value > 0);
  bins.splice(place < 0 ? bins.length : place, 0, [0, s.zero]);
  return shares.map((share) => {
    if (share <= 0 || share >= 1) return share <= 0 ? minimum : maximum;
    const rank = share * (finite - 1) + 1;
    let below = 0;
    const found = bins.find(([, amount]) => (below += amount) >= rank - 1e-9) ?? bins.at(-1)!;
    return Math.max(minimum, Math.min(maximum, found[0]));
  });
}

/** Counts between ascending edges, with exact zeros apart. `edges` has one more than `counts`. */
export interface SignedHistogram {
  edges: number[];
  counts: number[];
  zero: number;
}

/** Decades that hold all values but the smallest half per cent: a thin tail towards zero says little. */
export function decadesOf(summary: TensorSummary): [number, number] | null {
  const bins = summary.bin_keys.map((key, i) => ({ edges: magnitudeEdges(key), amount: summary.bin_counts[i] ?? 0 }));
  bins.sort((a, b) => a.edges[0] - b.edges[0]);
  const largest = bins.at(-1);
  if (!largest) return null;
  const total = bins.reduce((sum, { amount }) => sum + amount, 0);
  let below = 0;
  const firstKept = bins.find(({ amount }) => (below += amount) > total * THIN_TAIL) ?? largest;
  const low = Math.floor(Math.log10(firstKept.edges[0]) + 1e-9);
  return [low, Math.max(low + 1, Math.ceil(Math.log10(largest.edges[1]) - 1e-9))];
}

/**
 * Counts by four bins a decade on both sides of zero, over decades `first` to `last`.
 *
 * A stored bin that crosses an edge is shared out by overlap on the logarithmic axis. Values nearer
 * to zero than `first` go to the innermost bins, larger ones to the outermost.
 */
export function toHistogram(summary: TensorSummary, first: number, last: number, perDecade = 4): SignedHistogram {
  const size = Math.max(1, (last - first) * perDecade);
  const positive = new Array<number>(size).fill(0);
  const negative = new Array<number>(size).fill(0);
  summary.bin_keys.forEach((key, i) => {
    const [near, far] = magnitudeEdges(key);
    const side = key < 0 ? negative : positive;
    shareOut(side, (Math.log10(near) - first) * perDecade, (Math.log10(far) - first) * perDecade, summary.bin_counts[i] ?? 0);
  });
  const outward = Array.from({ length: size + 1 }, (_, i) => 10 ** (first + i / perDecade));
  return {
    edges: [...outward.map((edge) => -edge).reverse(), ...outward],
    counts: [...negative.reverse(), 0, ...positive],
    zero: summary.zero,
  };
}

function shareOut(bins: number[], from: number, to: number, amount: number): void {
  const last = bins.length - 1;
  const clamp = (bin: number): number => Math.max(0, Math.min(last, bin));
  const [start, end] = [clamp(Math.floor(from)), clamp(Math.ceil(to) - 1)];
  if (start >= end || to <= from) {
    bins[start] = (bins[start] ?? 0) + amount;
    return;
  }
  for (let bin = start; bin <= end; bin++) {
    const overlap = Math.min(to, bin + 1) - Math.max(from, bin);
    bins[bin] = (bins[bin] ?? 0) + (amount * Math.max(0, overlap)) / (to - from);
  }
}
