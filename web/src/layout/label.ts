import type { Node } from "../generated/document";
import type { GraphIndex } from "../model/graph";
import { visible } from "../model/names";

/** Width of a text in CSS pixels at zoom 1. The caller knows the font family; no DOM is needed here. */
export type Measure = (text: string, font: Font) => number;

export interface Font {
  weight: 400 | 600;
  size: number;
}

export const NAME_FONT: Font = { weight: 600, size: 12 };
export const TYPE_FONT: Font = { weight: 400, size: 12 };

/** What is written on a node: a name, and what kind of thing it is. */
export interface NodeLabel {
  title: string;
  detail: string;
  /** Room that is kept behind the words, in CSS pixels. */
  room?: number;
}

const OPERATORS: Record<string, string> = {
  add: "+ add",
  iadd: "+ add",
  sub: "− sub",
  mul: "× mul",
  imul: "× mul",
  div: "÷ div",
  truediv: "÷ div",
  matmul: "@ matmul",
};

/** The words on a node, as they may be shown. */
export function labelNode(index: GraphIndex, id: string): NodeLabel {
  const label = wordsOf(index, id);
  return { ...label, title: visible(label.title), detail: visible(label.detail) };
}

function wordsOf(index: GraphIndex, id: string): NodeLabel {
  const look = index.looks.get(id);
  if (look) return look;
  const node = index.nodeOf(id);
  if (node.kind === "op") return { title: operatorName(node.type), detail: "" };
  if (node.kind === "input" || node.kind === "output") {
    return { title: endName(index, node), detail: node.outputs.map((spec) => shapeText(spec.shape)).join(", ") };
  }
  if (node.kind === "backward") return stepLabel(node);
  if (node.kind !== "module") {
    return { title: node.name, detail: node.outputs.map((spec) => shapeText(spec.shape)).join(", ") };
  }
  const [name, call] = splitCall(node.name);
  if (index.isGroup(id) && !node.atomic) return groupLabel(index, node, name, call);
  const detail = [node.type, moduleSettings(node), call].filter((part) => part !== "").join(" ");
  if (index.hasParameters(id) || /^\d+$/.test(name)) return { title: name, detail };
  return { title: name, detail: call };
}

/** `128×64×40×40`; a single number has no shape and gives `scalar`. */
export function shapeText(shape: readonly number[]): string {
  if (shape.length === 0) return "scalar";
  return shape.map((size) => (size < 0 ? "?" : String(size))).join("×");
}

/** Shortens a text in the middle, so that start and end stay, until it fits into `room` pixels. */
export function elideMiddle(text: string, room: number, font: Font, measure: Measure): string {
  if (measure(text, font) <= room) return text;
  const letters = [...text];
  let [fits, tooMany] = [0, letters.length];
  const kept = (count: number): string => {
    const front = Math.ceil(count / 2);
    const back = count - front;
    return `${letters.slice(0, front).join("")}…${back > 0 ? letters.slice(-back).join("") : ""}`;
  };
  while (tooMany - fits > 1) {
    const count = Math.floor((fits + tooMany) / 2);
    if (measure(kept(count), font) <= room) fits = count;
    else tooMany = count;
  }
  return kept(fits);
}

/** A step is named as torch names it, and an end by the gradient that it adds up. */
function stepLabel(node: Node): NodeLabel {
  if (!isGradientEnd(node)) return { title: node.type, detail: "" };
  return { title: `${node.name}.grad`, detail: node.inputs.map((spec) => shapeText(spec.shape)).join(", ") };
}

/** Whether a backward node is where the gradient of a parameter or input is added up. */
export function isGradientEnd(node: Node): boolean {
  return node.kind === "backward" && node.type === "AccumulateGrad";
}

function operatorName(type: string): string {
  const plain = type.replace(/^__(.*)__$/, "$1").replace(/_$/, "");
  return Object.hasOwn(OPERATORS, plain) ? OPERATORS[plain]! : plain;
}

function endName(index: GraphIndex, node: Node): string {
  if (countOfKind(index, node.kind) < 2) return node.kind;
  const argument = node.attributes["argument"];
  return typeof argument === "string" ? argument : node.name === node.kind ? node.id : node.name;
}

const kinds = new WeakMap<GraphIndex, Map<Node["kind"], number>>();

/** How many nodes of a kind there are; counted once for each graph. */
function countOfKind(index: GraphIndex, kind: Node["kind"]): number {
  const known = kinds.get(index) ?? new Map<Node["kind"], number>();
  if (!kinds.has(index)) {
    for (const node of index.nodes.values()) known.set(node.kind, (known.get(node.kind) ?? 0) + 1);
    kinds.set(index, known);
  }
  return known.get(kind) ?? 0;
}

/** `relu#1` is the second call of `relu`. */
function splitCall(name: string): [name: string, call: string] {
  const match = /^(.*)#(\d+)$/s.exec(name);
  return match ? [match[1]!, `call ${Number(match[2]) + 1}`] : [name, ""];
}

/** A numbered block is named by its class, since `0` says little; its path stands behind it. */
function groupLabel(index: GraphIndex, node: Node, name: string, call: string): NodeLabel {
  const path = node.id.replace(/#\d+$/, "");
  if (/^\d+$/.test(name)) return { title: node.type, detail: [path, call].filter(Boolean).join(" ") };
  const detail = [node.type, call].filter(Boolean).join(" ");
  const types = new Set(index.children(node.id).map((child) => index.nodeOf(child).type));
  const count = index.children(node.id).length;
  const alike = types.size === 1 && count > 1 && index.children(node.id).every((child) => index.isGroup(child));
  return { title: name, detail: alike ? `${detail} · ${count} × ${[...types][0]}` : detail };
}

/** The settings that tell layers of one class apart: kernel, stride and groups, or sizes in and out. */
function moduleSettings(node: Node): string {
  const { attributes } = node;
  const text = (key: string): string => String(attributes[key] ?? "");
  if (attributes["kernel_size"] !== undefined && attributes["in_channels"] !== undefined) {
    const steps = text("stride").split("×");
    const stride = steps.every((step) => step === steps[0]) ? steps[0]! : text("stride");
    const groups = Number(attributes["groups"] ?? 1);
    const parts = [text("kernel_size"), stride === "" || stride === "1" ? "" : `/${stride}`, groups > 1 ? `÷${groups}` : ""];
    return parts.filter((part) => part !== "").join(" ");
  }
  for (const [from, to] of [["in_features", "out_features"], ["num_embeddings", "embedding_dim"]] as const) {
    if (attributes[from] !== undefined && attributes[to] !== undefined) return `${text(from)} → ${text(to)}`;
  }
  return "";
}
