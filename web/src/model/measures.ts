/** What nodes can be coloured by: one number a node, its unit, and how to write it. */

import { bytes, figures, si, seconds } from "./format";
import { ROOT } from "./graph";
import type { RunIndex } from "./run";

export interface Measure {
  name: string;
  label: string;
  /** Symbol or unit for the legend. */
  note: string;
  value: (id: string) => number | null;
  format: (value: number) => string;
  /** What was not measured, when there is no value for a node that could have one. */
  gap: string;
  /** Whether the value is there for nodes with parameters only. */
  ofParameters: boolean;
  /** What nodes without a value are said to be, where that is not plain "no value". */
  without?: string;
  /** How much of the model the values stand for. */
  coverage?: string | undefined;
}

export function measures(run: RunIndex): Measure[] {
  const all: Measure[] = [
    {
      name: "parameters",
      label: "Parameters",
      note: "count, shared ones once",
      value: (id) => run.parameterCount(id) || null,
      format: si,
      gap: "parameters",
      ofParameters: true,
    },
    {
      name: "flops",
      label: "FLOPs",
      note: "forward, multiply-add = 2",
      value: (id) => run.graph.nodes.get(id)?.flops as number | null,
      format: si,
      gap: "cost",
      ofParameters: false,
      without: "none",
      coverage: run.flopCoverage(ROOT)?.statement,
    },
    {
      name: "time",
      label: "Time",
      note: "forward, median of 3",
      value: (id) => run.cost(id, "time_s"),
      format: seconds,
      gap: "cost",
      ofParameters: false,
    },
    {
      name: "weights",
      label: "Weight spread",
      note: "standard deviation of the weights",
      value: (id) => run.figures(id, "parameter")?.std ?? null,
      format: figures,
      gap: "parameter",
      ofParameters: true,
    },
    {
      name: "gradients",
      label: "Gradient norm",
      note: "‖∂L/∂W‖₂ of one batch",
      value: (id) => run.gradientNorm(id),
      format: figures,
      gap: "gradient",
      ofParameters: true,
    },
    {
      name: "activations",
      label: "Output spread",
      note: "standard deviation of the output",
      value: (id) => run.figures(id, "activation")?.std ?? null,
      format: figures,
      gap: "activation",
      ofParameters: false,
    },
    {
      name: "bytes",
      label: "Output size",
      note: "bytes of the outputs",
      value: (id) => run.cost(id, "activation_bytes"),
      format: bytes,
      gap: "cost",
      ofParameters: false,
    },
    {
      name: "held",
      label: "Memory kept",
      note: "bytes for backward, at the first saver",
      value: (id) => run.backward?.held(id) ?? null,
      format: bytes,
      gap: "backward",
      ofParameters: false,
    },
  ];
  return all.filter((measure) => [...run.graph.nodes.values()].some((node) => positive(measure.value(node.id))));
}

/** Domain and position of values on a logarithmic scale. */
export class LogScale {
  readonly low: number;
  readonly high: number;

  constructor(values: number[]) {
    const found = values.filter((value) => value > 0 && Number.isFinite(value));
    const high = found.length ? Math.max(...found) : 1;
    this.high = high;
    this.low = Math.max(found.length ? Math.min(...found) : high / 10, high / 1e6);
    if (this.low === this.high) this.low = high / 10;
  }

  /** 0 to 1. */
  at(value: number): number {
    if (!(value > 0)) return 0;
    const share = Math.log(value / this.low) / Math.log(this.high / this.low);
    return Math.min(1, Math.max(0, share));
  }

  /** Powers of ten inside the domain, at most four. */
  ticks(): number[] {
    const from = Math.ceil(Math.log10(this.low) - 1e-9);
    const to = Math.floor(Math.log10(this.high) + 1e-9);
    const every = Math.max(1, Math.ceil((to - from + 1) / 4));
    const ticks: number[] = [];
    for (let exponent = to; exponent >= from; exponent -= every) ticks.unshift(10 ** exponent);
    return ticks.length >= 2 ? ticks : [this.low, this.high];
  }
}

export function positive(value: number | null): value is number {
  return value !== null && value > 0;
}

const LIGHT = ["#faf2c0", "#cee09c", "#98cf88", "#5abc83", "#01a585", "#048881", "#056c75", "#045365", "#083a52"];
const DARK = ["#002e4d", "#01465b", "#035f6a", "#067977", "#00967c", "#3faf79", "#83c37d", "#b8d48e", "#e4e6ae"];

/** The sequential map of the theme, as steps for a gradient. */
export function sequential(theme: "light" | "dark"): string[] {
  return theme === "dark" ? DARK : LIGHT;
}

/** Colour at 0 to 1 on the sequential map. */
export function colourAt(share: number, theme: "light" | "dark"): string {
  const steps = sequential(theme);
  const at = Math.min(1, Math.max(0, share)) * (steps.length - 1);
  const index = Math.min(steps.length - 2, Math.floor(at));
  const mix = at - index;
  const [a, b] = [parse(steps[index]!), parse(steps[index + 1]!)];
  const channel = (i: number) =>
    Math.round(a[i]! + (b[i]! - a[i]!) * mix)
      .toString(16)
      .padStart(2, "0");
  return `#${channel(0)}${channel(1)}${channel(2)}`;
}

function parse(hex: string): number[] {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}
