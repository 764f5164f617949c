/** One node in both runs of a comparison, a column each; what differs is marked. */

import type { Node } from "../generated/document";
import { differenceSign } from "../app/differences";
import { h } from "../app/dom";
import type { Choice } from "../app/store";
import { shapeText } from "../layout/label";
import type { RunPair, Side } from "../model/comparison";
import { count, seconds, si, written } from "../model/format";
import { ROOT } from "../model/graph";
import type { Measure } from "../model/measures";
import type { RunIndex } from "../model/run";

const SIDES: readonly Side[] = ["before", "after"];

export function bothColumns(pair: RunPair, first: string, chosen: Record<Side, string | null>, choice: Choice, measureOf: (run: RunIndex) => Measure | null): HTMLElement[] {
  const ids = chosen.before === null && chosen.after === null ? { before: ROOT, after: ROOT } : chosen;
  const nodes = { before: nodeOf(pair, "before", ids.before), after: nodeOf(pair, "after", ids.after) };
  const rows: HTMLElement[] = [];
  const add = (name: string, text: (run: RunIndex, node: Node) => string, matters = true) => {
    const cells = SIDES.map((side) => (nodes[side] ? text(pair.run(side), nodes[side]) : null));
    if (cells.every((cell) => !cell)) return;
    rows.push(row(name, cells, matters));
  };
  add("Type", (_, node) => node.type);
  add("Inputs", (_, node) => node.inputs.map((spec) => shapeText(spec.shape)).join(", "));
  add("Outputs", (_, node) => node.outputs.map((spec) => shapeText(spec.shape)).join(", "));
  add("Parameters", (run, node) => count(run.parameterCount(node.id)));
  add("FLOPs", (run, node) => (typeof node.flops === "number" ? si(node.flops) : (run.withoutFlops(node.id) ?? "")));
  add("Forward", (run, node) => { const time = run.cost(node.id, "time_s"); return time === null ? "" : written(time, seconds); }, false);
  const colour = measureOf(pair.after) ?? measureOf(pair.before);
  if (colour && !["parameters", "flops", "time"].includes(colour.name))
    add(colour.label, (run, node) => { const value = measureOf(run)?.value(node.id, choice) ?? null; return value === null ? "" : colour.format(value); }, false);
  const settings = [...new Set(SIDES.flatMap((side) => Object.keys(nodes[side]?.attributes ?? {})))];
  for (const name of settings) add(name, (_, node) => String(node.attributes[name] ?? ""));
  const told = chosen.after !== null ? pair.rowsOf(chosen.after, "after") : chosen.before !== null ? pair.rowsOf(chosen.before, "before") : [];
  return [head(pair, ids, told.length), h("section", {}, table(first, pair.name, ids, rows)), ...(told.length ? [differences(told)] : [])];
}

function nodeOf(pair: RunPair, side: Side, id: string | null): Node | null {
  return id === null ? null : (pair.run(side).node(id) ?? null);
}

function head(pair: RunPair, ids: Record<Side, string | null>, rows: number): HTMLElement {
  const id = ids.after ?? ids.before ?? ROOT;
  const side: Side = ids.after !== null ? "after" : "before";
  const { kind, inside } = pair.of(id, side);
  const renamed = ids.before !== null && ids.after !== null && ids.before !== ids.after;
  const words = kind ? kind : inside ? `${count(inside)} nodes inside differ` : rows ? "" : "the same in both";
  return h(
    "section",
    {},
    h("h1", {}, id === ROOT ? "The models" : id),
    renamed ? h("div", { class: "soft" }, "was ", h("span", { class: "mono" }, ids.before!)) : null,
    h("div", { class: "headline" }, h("span", {}, kind && differenceSign(kind), " ", words)),
  );
}

function table(first: string, second: string, ids: Record<Side, string | null>, rows: HTMLElement[]): HTMLElement {
  const column = (name: string, id: string | null) => h("th", { scope: "col", title: name }, h("div", {}, name), id === null && h("div", { class: "faint" }, "not there"));
  return h(
    "table",
    { class: "data both" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("span", { class: "visually-hidden" }, "What")), column(first, ids.before), column(second, ids.after))),
    h("tbody", {}, ...rows),
  );
}

function row(name: string, cells: (string | null)[], matters: boolean): HTMLElement {
  const [before, after] = cells;
  const differs = matters && before !== null && after !== null && before !== after;
  return h(
    "tr",
    { class: differs ? "differs" : null },
    h("th", { scope: "row" }, differs && h("span", { class: "diff-sign changed", role: "img", "aria-label": "differs" }, "~"), name),
    ...cells.map((cell) => h("td", { class: cell === null ? "absent" : null }, cell === null ? "–" : cell || "–")),
  );
}

function differences(rows: ReturnType<RunPair["rowsOf"]>): HTMLElement {
  const line = (each: (typeof rows)[number]) =>
    h("li", {}, differenceSign(each.kind), h("span", {}, each.what === "edge" ? `edge ${each.after || each.before}` : `${each.what}: ${each.before || "none"} → ${each.after || "none"}`));
  return h("section", {}, h("h2", {}, "What differs"), h("ul", { class: "diff-lines" }, ...rows.map(line)));
}
