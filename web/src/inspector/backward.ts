/** What autograd does about a node: its steps, the gradients they pass on, and what they keep. */

import type { Node, SavedTensor } from "../generated/document";
import { h } from "../app/dom";
import { isGradientEnd, shapeText } from "../layout/label";
import { forwardOf } from "../model/backward";
import { bytes, count, percent } from "../model/format";
import { ROOT } from "../model/graph";
import type { RunIndex } from "../model/run";

const MOST_STEPS = 8;
const MOST_TENSORS = 12;
type Choose = (node: string) => void;

/** The section about the way back; null where there is nothing to say. */
export function backwardSection(run: RunIndex, node: Node, choose: Choose): HTMLElement | null {
  if (!run.backward) return null;
  if (node.kind === "backward") return stepSection(run, node, choose);
  if (node.kind !== "op" && node.kind !== "module") return null;
  const steps = run.backward.stepsOf(node.id);
  const title = h("h2", {}, "Backward", h("small", {}, "autograd’s steps and what they keep"));
  if (!steps.length) return h("section", {}, title, h("div", { class: "soft" }, "No gradient goes back through it."));
  const held = run.backward.held(node.id) ?? 0;
  const whole = run.backward.held(ROOT) ?? 0;
  const share = whole && node.id !== ROOT ? `${percent(held / whole)} % of model` : "";
  return h(
    "section",
    {},
    title,
    h("dl", { class: "facts" }, ...fact("Steps", count(steps.length)), ...fact("Kept", bytes(held), share)),
    stepList(steps, choose),
    ...savedTable(steps.flatMap((step) => run.backward!.savedBy(step)), run, choose),
  );
}

/** Facts about a step for the head of the inspector. */
export function stepFacts(node: Node): [name: string, value: string][] {
  const shapes = (specs: Node["inputs"]) => specs.map((spec) => shapeText(spec.shape)).join(", ");
  const facts: [string, string][] = [];
  if (node.inputs.length) facts.push(["Gradient", shapes(node.inputs)]);
  if (node.outputs.length) facts.push(["Passes on", shapes(node.outputs)]);
  return facts;
}

function stepSection(run: RunIndex, node: Node, choose: Choose): HTMLElement {
  const through = forwardOf(node);
  const owner = isGradientEnd(node) ? node.parent : null;
  const target = through ?? owner;
  const words = through !== null ? "Goes back through" : owner !== null ? "Adds up for" : "";
  const place = target !== null && run.graph.has(target) ? link(target === ROOT ? "the model" : target, () => choose(target)) : "an op outside the model, such as the loss";
  const held = run.backward?.held(node.id) ?? 0;
  const rows = [...fact(words || "Belongs to", place)];
  if (isGradientEnd(node) && node.parameters[0]) rows.push(...fact("Parameter", node.parameters[0]));
  if (!isGradientEnd(node)) rows.push(...fact("Kept", bytes(held), "at the first saver"));
  return h(
    "section",
    {},
    h("h2", {}, "Backward"),
    h("dl", { class: "facts" }, ...rows),
    ...savedTable(run.backward?.savedBy(node.id) ?? [], run, choose),
  );
}

function stepList(steps: readonly string[], choose: Choose): HTMLElement {
  const more = steps.length - MOST_STEPS;
  return h(
    "ul",
    { class: "steps" },
    ...steps.slice(0, MOST_STEPS).map((step) => h("li", {}, link(step, () => choose(step)))),
    more > 0 && h("li", { class: "faint" }, `and ${count(more)} more`),
  );
}

/** Kept tensors, the largest first where not all have room. */
function savedTable(saved: readonly SavedTensor[], run: RunIndex, choose: Choose): HTMLElement[] {
  if (!saved.length) return [];
  const shown = saved.length <= MOST_TENSORS ? saved : [...saved].sort((a, b) => b.held_bytes - a.held_bytes).slice(0, MOST_TENSORS);
  const row = (tensor: SavedTensor) =>
    h(
      "tr",
      {},
      h("td", { class: "mono", title: tensor.step }, tensor.name),
      h("td", { class: "mono" }, shapeText(tensor.tensor.shape)),
      h("td", {}, source(tensor, run, choose)),
      h("td", { class: "number", title: whyNothing(tensor) }, tensor.held_bytes ? bytes(tensor.held_bytes) : "–"),
    );
  const head = h("tr", {}, ...["Kept", "Shape", "Made by", "Holds"].map((name, i) => h("th", { scope: "col", class: i === 3 ? "number" : null }, name)));
  const more = saved.length - shown.length;
  return [
    h("div", { class: "table-box" }, h("table", { class: "data saved-tensors" }, h("thead", {}, head), h("tbody", {}, ...shown.map(row)))),
    ...(more > 0 ? [h("p", { class: "chart-note" }, `The ${MOST_TENSORS} that hold most of ${count(saved.length)}.`)] : []),
  ];
}

function source(tensor: SavedTensor, run: RunIndex, choose: Choose): Element | string {
  const id = tensor.source;
  if (tensor.kind === "parameter" || tensor.kind === "buffer") return h("span", { class: "mono" }, id ?? tensor.kind);
  return id !== null && run.graph.has(id) ? link(id, () => choose(id)) : tensor.kind;
}

function whyNothing(tensor: SavedTensor): string {
  if (tensor.held_bytes) return "bytes in memory for backward alone";
  if (tensor.kind !== "activation") return `${tensor.kind}: in memory anyway`;
  return `the same memory as ${tensor.first_saver} keeps`;
}

function fact(name: string, value: string | Element, note = ""): HTMLElement[] {
  return [h("dt", {}, name), h("dd", {}, value), h("dd", { class: "note" }, note)];
}

function link(text: string, act: () => void): HTMLElement {
  return h("button", { type: "button", class: "link mono", click: act }, text);
}
