/** From a measure to the colours of nodes. */

import type { Paint } from "../graph";
import type { Moment } from "../model/columnvalues";
import { ColourScale, type ScaleChoice } from "../model/colourscale";
import { memberValue, spreadText } from "../model/foldindex";
import { written } from "../model/format";
import { ROOT } from "../model/graph";
import type { Measure } from "../model/measures";
import { colourAt, type Theme } from "../model/palettes";
import type { RunIndex } from "../model/run";

/** Fill of what is no number: the hue of high severity. */
const NOT_FINITE: Record<Theme, string> = { light: "#b3261e", dark: "#ff8a7a" };

export class Colouring {
  readonly scale: ColourScale;

  constructor(
    private readonly run: RunIndex,
    readonly measure: Measure,
    readonly at: Moment,
    readonly theme: Theme,
    choice: ScaleChoice,
    /** Runs that share one scale, so that one colour is one value in all of them. */
    others: readonly { run: RunIndex; measure: Measure }[] = [],
  ) {
    const values = [{ run, measure }, ...others].flatMap((one) => valuesOf(one.run, one.measure, at));
    this.scale = new ColourScale(values, choice);
  }

  valueOf(id: string): number | null {
    return this.measure.value(id, this.at);
  }

  colourOf(value: number): string {
    return Number.isFinite(value) ? colourAt(this.scale.at(value), this.theme, this.scale.map) : NOT_FINITE[this.theme];
  }

  /** A value as it is written: a cross for NaN, an arrow for an infinity. */
  text(value: number, isShort = false): string {
    return written(value, (isShort && this.measure.short) || this.measure.format);
  }

  paint(id: string): Paint {
    const value = this.valueOf(id);
    if (value !== null) return { fill: this.colourOf(value), value: this.text(value, true), state: "value" };
    return { fill: null, state: this.isUnmeasured(id) ? "unmeasured" : "none" };
  }

  /** The least, median and greatest number of a fold's members. */
  spread(members: readonly (readonly string[])[]): string {
    const values = members.map((member) => memberValue(member, (id) => this.valueOf(id) ?? (this.isUnmeasured(id) ? null : undefined)) ?? null);
    return spreadText(values, this.measure.short ?? this.measure.format);
  }

  /** Whether a node has no value that it could have. */
  isUnmeasured(id: string): boolean {
    return this.run.graph.has(id) && id !== ROOT && this.measure.applies(id) && this.valueOf(id) === null;
  }

  /** Why a node has no value. */
  reason(id: string): string {
    return this.run.gapsOf(id, this.measure.gap)[0]?.reason ?? "not measured for this node";
  }

  /** The most common reason, and how many nodes have no value that they could have. */
  unmeasured(): { count: number; reason: string } {
    const ids = [...this.run.graph.nodes.keys()].filter((id) => this.isUnmeasured(id));
    return { count: ids.length, reason: ids.length ? this.reason(ids[0]!) : "" };
  }
}

function valuesOf(run: RunIndex, measure: Measure, at: Moment): number[] {
  const found: number[] = [];
  for (const id of run.graph.nodes.keys()) {
    const value = id === ROOT ? null : measure.value(id, at);
    if (value !== null) found.push(value);
  }
  return found;
}
