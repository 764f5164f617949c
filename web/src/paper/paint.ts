import type { Theme } from "./drawing";
import { figures } from "../model/format";
import { fillOf, scaleOf, type Colouring, type Scale } from "./colouring";
import { memberValue, spreadText } from "../model/foldindex";
import type { DrawnGraph } from "../model/drawn";

/** How a node is coloured, and what is written on it. */
export interface NodePaint {
  fill: string | null;
  value: string | null;
  state: "value" | "none" | "unmeasured" | "nonfinite";
}

const PLAIN: NodePaint = { fill: null, value: null, state: "none" };

/** Colours nodes. A fold has no colour of its own: its members have, and it says how far their numbers spread. */
export class Painter {
  readonly scale: Scale | null;
  /** Values that are NaN or infinite, and values beyond the ends of the scale. */
  readonly odd: { nan: number; infinite: number; below: number; above: number };

  constructor(
    private readonly drawn: DrawnGraph,
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
    const fold = this.drawn.folds.get(id)?.fold;
    if (!fold) return this.paintOf(this.colouring?.value(id));
    if (!this.colouring) return PLAIN;
    const { format } = this.colouring;
    const values = fold.members.map((member) => this.valueOf(member) ?? null);
    return { ...PLAIN, value: spreadText(values, (value) => writtenOn(value, format)) || null };
  }

  /** The paint of a member of a fold. */
  paintMember(member: readonly string[]): NodePaint {
    return this.paintOf(this.valueOf(member));
  }

  private valueOf(member: readonly string[]): number | null | undefined {
    return memberValue(member, (id) => this.colouring?.value(id));
  }

  private paintOf(value: number | null | undefined): NodePaint {
    if (value === undefined || !this.scale || !this.colouring) return PLAIN;
    if (value === null) return { ...PLAIN, state: "unmeasured" };
    if (Number.isNaN(value)) return { fill: null, value: "NaN", state: "nonfinite" };
    if (!Number.isFinite(value)) return { fill: null, value: value > 0 ? "Inf ↑" : "−Inf ↓", state: "nonfinite" };
    return { fill: fillOf(this.scale, value, this.theme), value: writtenOn(value, this.colouring.format), state: "value" };
  }
}

/** Amounts of something may have no format for what is below zero. */
function writtenOn(value: number, format: (value: number) => string): string {
  return value < 0 ? figures(value) : format(value);
}
