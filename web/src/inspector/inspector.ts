/** All that is known of the chosen node: what it is, its cost, its distributions, its findings. */

import type { Node, TensorSpec } from "../generated/document";
import { findingList } from "../app/findings";
import { h } from "../app/dom";
import { type HistogramRow, histogramRows } from "../charts/histogram";
import { throughTraining as chartsThrough } from "../charts/through_training";
import { themeShown } from "../charts/palette";
import { backwardSection, stepFacts } from "./backward";
import { labelNode, shapeText } from "../layout/label";
import { bytes, count, percent, seconds, si, written } from "../model/format";
import { ROOT } from "../model/graph";
import type { Colouring } from "../app/colouring";
import type { Moment } from "../model/columnvalues";
import type { FoldIndex } from "../model/foldindex";
import type { Measure } from "../model/measures";
import type { Quantity, RunIndex } from "../model/run";
import { asCode, codeSection, excerptOf } from "./code";
import { foldSections } from "./folds";
import { numberSections } from "./numbers";

const QUANTITIES: { quantity: Quantity; label: string; role: HistogramRow["role"] }[] = [
  { quantity: "parameter", label: "Weights", role: "weights" },
  { quantity: "activation", label: "Outputs", role: "activations" },
  { quantity: "gradient", label: "Gradients", role: "gradients" },
];

const THROUGH = [...QUANTITIES, { quantity: "update", label: "Updates", role: "updates" }] as const;

/** What the inspector shows beside the node itself, and what a click in it does. */
export interface InspectorContext {
  measures: readonly Measure[];
  /** Null where there is nothing to colour by. */
  colouring: Colouring | null;
  folds: FoldIndex;
  at: Moment;
  choose: (node: string) => void;
  chooseStep?: (step: number) => void;
  colourBy: (name: string) => void;
}

export function inspect(run: RunIndex, id: string | null, context: InspectorContext): HTMLElement[] {
  const node = run.node(id ?? ROOT);
  if (!node) return [h("div", { class: "empty" }, "This run has no graph, so there is no node to tell of.")];
  const { colouring, folds, at, choose } = context;
  return [
    heading(run, node),
    ...(colouring ? foldSections(folds, node.id, colouring, choose) : []),
    ...distributions(run, node, at.step),
    throughTraining(run, node, context),
    backwardSection(run, node, choose),
    findings(run, node, at.split, choose),
    codeSection(run, node),
    ...(colouring && node.kind !== "backward" ? numberSections(context.measures, node.id, at, colouring, context.colourBy) : []),
    settings(node),
  ].filter((section) => section !== null);
}

function heading(run: RunIndex, node: Node): HTMLElement {
  const source = node.id === ROOT ? null : node.source; // where the caller stood says nothing
  const place = source ? `${source.file.split(/[\\/]/).pop() ?? ""}:${source.line}` : null;
  return h(
    "section",
    {},
    h("h1", {}, node.id === ROOT ? run.run.name : node.id),
    h(
      "div",
      { class: "headline" },
      h("span", {}, describe(run, node)),
      place && h("span", { class: "mono", title: source ? `${source.file}:${source.line} in ${source.function}` : "" }, place),
    ),
    source?.text && !excerptOf(run, node) ? h("pre", { class: "code" }, document.createTextNode(source.text.split("\n").map(asCode).join("\n"))) : null,
    h("dl", { class: "facts" }, ...facts(run, node)),
  );
}

function describe(run: RunIndex, node: Node): string {
  if (node.kind === "backward") return `backward step ${node.type}`;
  if (node.kind !== "module") return node.type === node.kind ? node.kind : `${node.kind} ${node.type}`;
  const detail = labelNode(run.graph, node.id).detail;
  const named = detail.startsWith(node.type) ? detail : node.type;
  const weighted = node.parameters.some((name) => name.endsWith(".weight"));
  const biased = node.parameters.some((name) => name.endsWith(".bias"));
  return named !== node.type && weighted && !biased ? `${named}, no bias` : named;
}

function facts(run: RunIndex, node: Node): HTMLElement[] {
  const rows: HTMLElement[] = [];
  const add = (name: string, value: string, note = "", mono = false) =>
    rows.push(
      h("dt", {}, name),
      h("dd", { class: mono ? "mono" : null }, value),
      h("dd", { class: "note" }, note),
    );
  if (node.kind === "backward") {
    for (const [name, value] of stepFacts(node)) add(name, value, "", true);
    return rows;
  }
  if (node.inputs.length) add("Input", shapes(node.inputs), "", true);
  if (node.outputs.length) add("Output", shapes(node.outputs), bytes(sizeOf(node.outputs)), true);
  const own = run.parameterCount(node.id);
  const total = run.parameterCount(ROOT);
  add("Parameters", count(own), own && total && node.id !== ROOT ? `${percent(own / total)} % of model` : "");
  const measurable = node.kind === "module" || node.kind === "op";
  if (measurable) {
    const counted = typeof node.flops === "number";
    add("FLOPs", counted ? `${si(node.flops as number)} forward` : (run.withoutFlops(node.id) ?? "not counted"), counted ? "multiply-add = 2" : "");
    const coverage = node.kind === "module" && !node.atomic ? run.flopCoverage(node.id) : null;
    if (counted && coverage) rows.push(h("dd", { class: "wide soft" }, coverage.statement));
  }
  if (measurable) {
    const time = run.cost(node.id, "time_s");
    const whole = run.cost(ROOT, "time_s");
    const reason = run.gapsOf(node.id, "cost")[0]?.reason;
    add(
      "Forward",
      time === null ? "not measured" : written(time, seconds),
      time === null || !Number.isFinite(time) ? "" : whole && node.id !== ROOT ? `${percent(time / whole)} % of forward` : "median of 3",
    );
    if (time === null && reason) add("", reason);
  }
  return rows;
}

function shapes(specs: readonly TensorSpec[]): string {
  const texts = specs.slice(0, 3).map((spec) => shapeText(spec.shape));
  return specs.length > 3 ? `${texts.join(", ")} and ${specs.length - 3} more` : texts.join(", ");
}

function sizeOf(specs: readonly TensorSpec[]): number {
  return specs.reduce((sum, spec) => sum + spec.size_bytes, 0);
}

function distributions(run: RunIndex, node: Node, step: number | null): HTMLElement[] {
  if (!["module", "op", "input", "parameter"].includes(node.kind)) return [];
  const hasParameters = run.parameterCount(node.id) > 0;
  const rows = QUANTITIES.filter(({ quantity }) => {
    if (quantity === "parameter") return hasParameters;
    return quantity === "activation" ? node.kind !== "parameter" : node.kind !== "input";
  }).map(({ quantity, label, role }) => ({
    label,
    role,
    note: quantity === "gradient" && !hasParameters ? "of the output" : "",
    summary: run.summary(node.id, quantity, step),
    missing: run.gapsOf(node.id, quantity)[0]?.reason ?? unmeasured(run, node),
  }));
  const when = step === null ? "Values now" : `Values at step ${count(step)}`;
  const heading = h("h2", {}, when, h("small", {}, "symmetric log axis, 4 bins a decade"));
  return [h("section", {}, heading, histogramRows(rows, node.id === ROOT ? run.run.name : node.id))];
}

/** How the distributions moved, where they were measured at more than one step. */
function throughTraining(run: RunIndex, node: Node, { at, choose, chooseStep }: InspectorContext): HTMLElement | null {
  const rows = THROUGH.map(({ quantity, label, role }) => ({ label, role, history: run.history(node.id, quantity, quantity === "activation" ? at.split : null) }));
  const moved = rows.filter(({ history }) => history.length > 1);
  if (!moved.length) return null;
  const steps = moved.flatMap(({ history }) => history.map(({ step }) => step));
  const range = `step ${count(Math.min(...steps))} to ${count(Math.max(...steps))}`;
  const context = { theme: themeShown(), choose, step: at.step, ...(chooseStep ? { chooseStep } : {}) };
  return h("section", {}, h("h2", {}, "Through training", h("small", {}, range)), chartsThrough(moved, context));
}

/** Why a node has no row of its own although nothing failed. */
function unmeasured(run: RunIndex, node: Node): string {
  const parent = node.parent === null ? undefined : run.graph.nodes.get(node.parent);
  if (parent?.atomic) return `the same as of ${parent.id}`;
  return "not measured for this node";
}

function findings(run: RunIndex, node: Node, split: string | null, choose: (node: string) => void): HTMLElement | null {
  if (node.kind === "backward") return null;
  const own = node.id === ROOT ? run.findingsOn(split) : run.findingsOf(node.id, split);
  if (!own.length && !run.isMeasured) return null;
  const title = node.id === ROOT ? "Findings" : "Findings here";
  return h("section", {}, h("h2", {}, title), findingList(own, choose, "No rule fired on what was measured here"));
}

function settings(node: Node): HTMLElement | null {
  const said = node.kind === "backward" ? "forward" : null; // with a link, above
  const entries = Object.entries(node.attributes).filter(([name, value]) => value !== null && name !== said);
  if (!entries.length && !node.parameters.length && !node.aten.length) return null;
  const rows = [
    ...entries.map(([name, value]) => [name, String(value)] as const),
    ...node.parameters.map((name) => ["parameter", name] as const),
    ...node.aten.map((name) => ["aten op", name] as const),
  ];
  return h(
    "section",
    {},
    h(
      "details",
      { class: "more" },
      h("summary", {}, `Settings (${rows.length})`),
      h("dl", { class: "facts" }, ...rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", { class: "mono" }, value), h("dd", {})])),
    ),
  );
}
