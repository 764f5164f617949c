/** Where forward time goes: each module a box as wide as its time, what it calls beneath it. */

import { h } from "../app/dom";
import { percent, seconds } from "../model/format";
import { ROOT } from "../model/graph";
import type { RunIndex } from "../model/run";

const MOST_DEPTH = 4;
/** Below this share of the whole a box is a hairline and not worth an element. */
const SMALLEST = 0.002;

/** Grow factors of a whole row; far above 1, below which flexible boxes do not fill their row. */
const FULL = 1000;

const CLASSES: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["conv", /conv/i],
  ["norm", /norm/i],
  ["pool", /pool/i],
  ["linear", /linear|attention|embedding|matmul|bmm/i],
  ["elementwise", /relu|gelu|silu|sigmoid|tanh|softmax|dropout|add|mul|identity/i],
];

/** Boxes within boxes over the table `cost`; click chooses the node. */
export function icicle(run: RunIndex, choose: (node: string) => void): HTMLElement {
  const whole = run.cost(ROOT, "time_s") ?? 0;
  const used = new Set<string>();
  const chart = h("div", { class: "icicle", role: "group", "aria-label": "Forward time of each module, nested as they call each other" });
  chart.append(box(run, ROOT, whole, 0, choose, used));
  const legend = h("div", "icicle-legend");
  for (const name of [...CLASSES.map(([name]) => name), "other"]) {
    if (used.has(name)) legend.append(h("span", {}, h("i", `class-${name}`), name));
  }
  return h("div", {}, chart, legend);
}

/** The module's own bar, and beneath it what it calls, each as wide as its share of time. */
function box(run: RunIndex, id: string, whole: number, depth: number, choose: (node: string) => void, used: Set<string>): HTMLElement {
  const node = run.graph.nodes.get(id);
  const time = run.cost(id, "time_s") ?? 0;
  const name = id === ROOT ? run.run.name : (node?.name ?? id);
  const isOpened = depth < MOST_DEPTH && (id === ROOT || run.graph.isOpenedByAll(id));
  const kind = isOpened ? "group" : classOf(node?.type ?? "");
  if (!isOpened) used.add(kind);
  const title = `${id === ROOT ? name : id} ${node?.type ?? ""}: ${seconds(time)}, ${percent(time / whole)} %`;
  const bar = h("button", { type: "button", class: `icicle-bar class-${kind}`, "data-node": id, title, "aria-label": title, click: () => choose(id) }, h("b", {}, name), h("span", {}, ` ${seconds(time)}`));
  const frame = h("div", "icicle-box", bar);
  frame.style.flexGrow = String((FULL * time) / whole);
  if (isOpened) frame.append(inside(run, id, time, whole, depth, choose, used));
  return frame;
}

function inside(run: RunIndex, id: string, time: number, whole: number, depth: number, choose: (node: string) => void, used: Set<string>): HTMLElement {
  const children = run.graph.children(id).filter((child) => (run.cost(child, "time_s") ?? 0) >= whole * SMALLEST);
  const row = h("div", "icicle-row", ...children.map((child) => box(run, child, whole, depth + 1, choose, used)));
  const rest = time - children.reduce((sum, child) => sum + (run.cost(child, "time_s") ?? 0), 0);
  if (rest > 0) {
    const space = h("div", "icicle-rest");
    space.style.flexGrow = String((FULL * rest) / whole);
    row.append(space);
  }
  return row;
}

function classOf(type: string): string {
  return CLASSES.find(([, pattern]) => pattern.test(type))?.[0] ?? "other";
}
