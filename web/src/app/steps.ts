/** Which step of a training is looked at, on a small picture of its loss; and on which data. */

import { count, toNumber } from "../model/format";
import type { RunIndex } from "../model/run";
import { h, s } from "./dom";

const WIDTH = 220;
const HEIGHT = 44;
/** More points than this are not told apart at this size. */
const MOST_POINTS = 220;

/** A slider over the steps at which something was measured; it stands for nothing where there is one. */
export class StepPicker {
  readonly element: HTMLElement;
  private readonly said = h("span", {});
  private readonly slider: HTMLInputElement;
  private readonly rule = s("line", { y1: 0, y2: HEIGHT, class: "step-rule" });
  private steps: readonly number[];
  /** The last step of the run, which may lie behind the last one that can be looked at. */
  private end = 0;
  private curve: Element;

  constructor(
    private readonly run: RunIndex,
    choose: (step: number | null) => void,
  ) {
    this.steps = run.steps;
    const last = this.steps.length - 1;
    this.slider = h("input", { type: "range", min: 0, max: Math.max(0, last), step: 1, "aria-label": "Step" });
    this.slider.addEventListener("input", () => {
      const at = Number(this.slider.value);
      choose(at === this.steps.length - 1 ? null : this.steps[at]!); // the end is the latest, wherever that will be
    });
    this.curve = this.picture(run);
    this.element = h(
      "div",
      { class: "step-picker", hidden: !this.steps.length },
      h("div", { class: "step-head" }, h("b", {}, "Step"), this.said),
      this.curve,
      this.slider,
    );
    this.show(null);
  }

  /** There are more steps than before; the one that is looked at stays, and the latest is the new latest. */
  renew(step: number | null): void {
    this.steps = this.run.steps;
    this.slider.max = String(Math.max(0, this.steps.length - 1));
    this.element.hidden = !this.steps.length;
    const curve = this.picture(this.run);
    this.curve.replaceWith(curve);
    this.curve = curve;
    this.show(step);
  }

  show(step: number | null): void {
    const at = step === null ? this.steps.length - 1 : Math.max(0, this.steps.indexOf(step));
    const shown = this.steps[at] ?? 0;
    this.slider.value = String(at);
    this.slider.setAttribute("aria-valuetext", `step ${count(shown)} of ${count(this.end)}`);
    this.said.textContent = `${count(shown)} of ${count(this.end)}`;
    const x = this.place(shown);
    this.rule.setAttribute("x1", String(x));
    this.rule.setAttribute("x2", String(x));
  }

  private place(step: number): number {
    const first = this.steps[0] ?? 0;
    return 1 + ((WIDTH - 2) * (step - first)) / Math.max(1, this.end - first);
  }

  private picture(run: RunIndex): Element {
    const series = lossSeries(run);
    this.end = Math.max(this.steps.at(-1) ?? 0, ...series.map(({ points }) => points.at(-1)![0]));
    const values = series.flatMap(({ points }) => points.map(([, value]) => value));
    if (!values.length) return h("span", {});
    const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
    const height = (value: number) => 3 + (HEIGHT - 6) * (high > low ? (high - value) / (high - low) : 0.5);
    const lines = series.map(({ split, points }) => {
      const path = points.map(([step, value]) => `${this.place(step).toFixed(1)},${height(value).toFixed(1)}`).join(" L");
      return s("path", { d: `M${path}`, class: split === "train" ? "step-train" : "step-test", "vector-effect": "non-scaling-stroke" });
    });
    const label = `Loss over the steps: ${series.map(({ split }) => split || "loss").join(" and ")}`;
    return s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", class: "step-curve", role: "img", "aria-label": label }, ...lines, this.rule);
  }
}

function lossSeries(run: RunIndex): { split: string; points: [number, number][] }[] {
  const bySplit = new Map<string, [number, number][]>();
  for (const row of run.rows("scalars")) {
    const [step, value] = [toNumber(row["step"]), toNumber(row["value"])];
    if (row["name"] !== "loss" || step === null || value === null) continue;
    const split = String(row["split"] ?? "");
    const points = bySplit.get(split);
    if (points) points.push([step, value]);
    else bySplit.set(split, [[step, value]]);
  }
  return [...bySplit].map(([split, points]) => {
    const every = Math.ceil(points.length / MOST_POINTS);
    const sorted = points.sort((a, b) => a[0] - b[0]);
    return { split, points: sorted.filter((_, i) => i % every === 0 || i === sorted.length - 1) };
  });
}

/** A switch between the splits; nothing where there is one alone. */
export class SplitSwitch {
  readonly element: HTMLElement;
  private readonly buttons = new Map<string | null, HTMLButtonElement>();

  constructor(run: RunIndex, choose: (split: string | null) => void) {
    const splits = run.splits;
    for (const split of [null, ...splits]) {
      const button = h("button", { type: "button", "aria-pressed": "false", click: () => choose(split) }, split ?? "all data");
      this.buttons.set(split, button);
    }
    this.element = h("div", { class: "switch", role: "group", "aria-label": "Data", hidden: splits.length < 2 }, ...this.buttons.values());
  }

  show(split: string | null): void {
    for (const [name, button] of this.buttons) button.setAttribute("aria-pressed", String(name === split));
  }
}
