import type { Theme } from "./drawing";
import { figures } from "../model/format";
import { fillOf, scaleOf, type Colouring, type Scale } from "./colouring";
import type { Folded } from "./fold";

/** How a node is coloured, and what is written on it. */
export interface NodePaint {
  fill: string | null;
  value: string | null;
  state: "value" | "none" | "unmeasured" | "nonfinite";
}

const PLAIN: NodePaint = { fill: null, value: null, state: "none" };

/** Colours nodes. One that stands for several has the median of them; a NaN among them is shown. */
export class Painter {
  readonly scale: Scale | null;
  /** Values that are NaN or infinite, and values beyond the ends of the scale. */
  readonly odd: { nan: number; infinite: number; below: number; above: number };

  constructor(
    private readonly folded: Folded,
    readonly colouring: Colouring | null,
    private readonly theme: Theme,
    kind: "log" | "linear" | null,
    all: Iterable<string>,
  ) {
    const values = colouring ? [...all].map((id) => colouring.value(id)).filter((value) => typeof value === "number") : [];
    this.scale = colouring ? scaleOf(values, kind) : null;
    const { nan = 0, infinite = 0, below = 0, above = 0 } = this.scale ?? {};
    this.odd = { nan, infinite, below, above };
  }

  paint(id: string): NodePaint {
    return this.paintOf(this.valueOf(this.folded.standsFor.get(id) ?? [id]));
  }

  /** The colours of the members of a fold. One inside another stands for more, and takes the median of each. */
  cells(id: string): NodePaint[] {
    const all = this.folded.standsFor.get(id) ?? [id];
    const each = all.length / (this.folded.counts.get(id) ?? all.length);
    return Array.from({ length: all.length / each }, (_, i) => this.paintOf(this.valueOf(all.slice(i * each, (i + 1) * each))));
  }

  private valueOf(ids: readonly string[]): number | null | undefined {
    const found = ids.map((id) => this.colouring?.value(id));
    if (found.every((value) => value === undefined)) return undefined;
    const numbers = found.filter((value) => typeof value === "number");
    return numbers.length === 0 ? null : median(numbers);
  }

  private paintOf(value: number | null | undefined): NodePaint {
    if (value === undefined || !this.scale || !this.colouring) return PLAIN;
    if (value === null) return { ...PLAIN, state: "unmeasured" };
    if (Number.isNaN(value)) return { fill: null, value: "NaN", state: "nonfinite" };
    if (!Number.isFinite(value)) return { fill: null, value: value > 0 ? "Inf ↑" : "−Inf ↓", state: "nonfinite" };
    const written = value < 0 ? figures(value) : this.colouring.format(value);
    return { fill: fillOf(this.scale, value, this.theme), value: written, state: "value" };
  }
}

/** The middle one; NaN if there is one. */
function median(values: number[]): number {
  if (values.some(Number.isNaN)) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [low, high] = [sorted[Math.floor(middle)]!, sorted[Math.ceil(middle)]!];
  return low === high ? low : (low + high) / 2;
}
