/** From values to places on a colour map: linear or logarithmic, signed about zero, outliers clipped. */

import type { MapKind } from "./palettes";

export type ScaleKind = "linear" | "log" | "symlog";
/** What the person asked for; "auto" is what suits the data. */
export type ScaleChoice = "auto" | "linear" | "log";

/** Fewer values than this have no outliers. */
const LEAST_FOR_OUTLIERS = 12;
const [LOW_SHARE, HIGH_SHARE] = [0.05, 0.95];
/** Ratio of the 95th to the 5th percentile from which a logarithm says more; even spread about zero gives 19. */
const WIDE = { unsigned: 30, signed: 100 };

export class ColourScale {
  readonly kind: ScaleKind;
  readonly map: MapKind;
  /** The values at the two ends of the map. */
  readonly low: number;
  readonly high: number;
  /** How many values lie beyond each end, and are drawn in its colour. */
  readonly below: number;
  readonly above: number;
  /** Zeros on a logarithmic scale, which has no place for them; drawn at its low end. */
  readonly zeros: number;
  readonly nan: number;
  readonly infinite: number;
  /** Where a signed logarithm turns linear about zero. */
  private readonly threshold: number;

  constructor(values: readonly number[], choice: ScaleChoice = "auto") {
    const finite = values.filter(Number.isFinite);
    this.nan = values.filter(Number.isNaN).length;
    this.infinite = values.length - finite.length - this.nan;
    const isSigned = finite.some((value) => value < 0);
    this.map = isSigned ? "diverging" : "sequential";
    const sizes = finite.map(Math.abs).filter((size) => size > 0).sort((a, b) => a - b);
    this.kind = kindOf(choice, isSigned, sizes);
    this.threshold = quantile(sizes, 0.1) || 1;
    this.zeros = this.kind === "log" ? finite.filter((value) => value === 0).length : 0;
    if (isSigned) {
      const [, high] = withoutOutliers(sizes, this.kind === "symlog");
      [this.low, this.high] = [-high, high];
    } else {
      const sorted = this.kind === "log" ? sizes : finite.sort((a, b) => a - b);
      [this.low, this.high] = withoutOutliers(sorted, this.kind === "log");
    }
    if (this.low === this.high) [this.low, this.high] = aroundOne(this.low, this.kind);
    const slack = (this.high - this.low) * 1e-9;
    this.below = finite.filter((value) => value < this.low - slack && !(this.kind === "log" && value === 0)).length;
    this.above = finite.filter((value) => value > this.high + slack).length;
  }

  /** Where a finite value stands on the map, 0 to 1. */
  at(value: number): number {
    const share = this.share(value);
    return Math.min(1, Math.max(0, share));
  }

  /** Values to write under the map, two to five, rising. */
  ticks(): number[] {
    if (this.kind === "linear") return linearTicks(this.low, this.high);
    if (this.kind === "symlog") return [this.low, 0, this.high];
    const from = Math.ceil(Math.log10(this.low) - 1e-9);
    const to = Math.floor(Math.log10(this.high) + 1e-9);
    const every = Math.max(1, Math.ceil((to - from + 1) / 4));
    const ticks: number[] = [];
    for (let exponent = to; exponent >= from; exponent -= every) ticks.unshift(Number(`1e${exponent}`));
    return ticks.length >= 2 ? ticks : [this.low, this.high];
  }

  private share(value: number): number {
    if (this.kind === "linear") return (value / 2 - this.low / 2) / (this.high / 2 - this.low / 2); // halves do not overflow
    if (this.kind === "log") return value > 0 ? Math.log(value / this.low) / Math.log(this.high / this.low) : 0;
    const bend = (x: number) => Math.sign(x) * Math.log1p(Math.abs(x) / this.threshold);
    return 0.5 + bend(value) / bend(this.high) / 2;
  }
}

function kindOf(choice: ScaleChoice, isSigned: boolean, sizes: readonly number[]): ScaleKind {
  const isWide = sizes.length > 1 && quantile(sizes, HIGH_SHARE) > (isSigned ? WIDE.signed : WIDE.unsigned) * quantile(sizes, LOW_SHARE);
  if (choice === "linear" || (choice === "auto" && !isWide) || !sizes.length) return "linear";
  return isSigned ? "symlog" : "log";
}

/**
 * The ends of sorted values without those far out: beyond the middle 90 % by more than its own width,
 * on the scale that they are drawn on.
 */
function withoutOutliers(sorted: readonly number[], isLog: boolean): [number, number] {
  const [least, most] = [sorted[0] ?? 0, sorted.at(-1) ?? 1];
  if (sorted.length < LEAST_FOR_OUTLIERS) return [least, most];
  const place = isLog ? Math.log : (value: number) => value;
  const [low, high] = [place(quantile(sorted, LOW_SHARE)), place(quantile(sorted, HIGH_SHARE))];
  const width = Math.max(high - low, isLog ? 1 : Math.abs(high) * 0.01);
  const kept = sorted.filter((value) => place(value) >= low - width && place(value) <= high + width);
  return [kept[0] ?? least, kept.at(-1) ?? most];
}

function aroundOne(value: number, kind: ScaleKind): [number, number] {
  if (kind === "log") return value / 10 > 0 ? [value / 10, value] : [value, value * 10];
  return value === 0 ? [0, 1] : value < 0 ? [value, -value] : [0, value];
}

/** The value below which a share of sorted values lies; 0 of none. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.round((sorted.length - 1) * share)] ?? 0;
}

function linearTicks(low: number, high: number): number[] {
  const rough = (high - low) / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) ticks.push(Number((i * step).toPrecision(12)));
  return ticks.length >= 2 ? ticks : [low, high];
}

