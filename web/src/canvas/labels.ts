/** What is written on nodes: short names, settings in the field's notation, shapes. */

import type { GraphIndex } from "../model/nodes";
import type { Node, TensorSpec } from "../generated/document";

const SYMBOLS: Record<string, string> = {
  add: "+",
  sub: "−",
  rsub: "−",
  mul: "×",
  div: "÷",
  matmul: "@",
  bmm: "@",
  cat: "⧺",
};

export function shapeText(spec: TensorSpec | undefined): string {
  if (!spec) return "";
  return spec.shape.map((size) => (size < 0 ? "?" : String(size))).join("×") || "scalar";
}

/** The bold part of a node's label. */
export function nodeName(node: Node): string {
  if (node.kind !== "op") return node.name;
  const symbol = SYMBOLS[node.name.replace(/_$/, "")];
  return symbol ? `${symbol} ${node.name}` : node.name;
}

/** The lighter part: class and its main settings, or the shape of an input. */
export function nodeDetail(node: Node, index: GraphIndex): string {
  if (node.kind === "input" || node.kind === "output") return shapeText(node.outputs[0]);
  if (node.kind === "parameter" || node.kind === "buffer") return `${node.kind} ${shapeText(node.outputs[0])}`;
  if (node.kind === "constant") return shapeText(node.outputs[0]);
  if (node.kind !== "module") return "";
  const settings = moduleSettings(node);
  if (settings) return `${node.type} ${settings}`;
  if (node.atomic && sameWord(node.name, node.type)) return "";
  return index.isOpenedByAll(node.id) ? [node.type, members(node, index)].filter(Boolean).join(" · ") : node.type;
}

/** Whether a name only repeats the class: `relu` of ReLU, `maxpool` of MaxPool2d. */
function sameWord(name: string, type: string): boolean {
  const plain = name.toLowerCase().replace(/[^a-z]/g, "");
  return plain.length > 2 && type.toLowerCase().includes(plain);
}

/** `3×3 /2` of a convolution, `512 → 10` of a linear layer. */
export function moduleSettings(node: Node): string {
  const a = node.attributes;
  if (/^(Lazy)?Conv/.test(node.type)) {
    const stride = String(a["stride"] ?? "1").split("×");
    const step = stride.every((s) => s === stride[0]) ? stride[0] : stride.join("×");
    const groups = Number(a["groups"] ?? 1) > 1 ? ` ÷${String(a["groups"])}` : "";
    return `${String(a["kernel_size"] ?? "")}${step && step !== "1" ? ` /${step}` : ""}${groups}`;
  }
  if (node.type === "Linear") return `${String(a["in_features"])} → ${String(a["out_features"])}`;
  if (node.type === "Embedding") return `${String(a["num_embeddings"])} → ${String(a["embedding_dim"])}`;
  if (node.type.startsWith("Dropout")) return String(a["p"] ?? "");
  return "";
}

/** `2 × BasicBlock` of a container whose children are all of one class. */
function members(node: Node, index: GraphIndex): string {
  const types = index
    .children(node.id)
    .map((id) => index.node(id)!)
    .filter((child) => child.kind === "module")
    .map((child) => child.type);
  if (types.length < 2 || types.some((type) => type !== types[0])) return "";
  return `${types.length} × ${types[0]}`;
}

/** Cut the middle out of a text that is too long. */
export function elide(text: string, fits: (text: string) => boolean): string {
  if (fits(text)) return text;
  const letters = [...text];
  let low = 1;
  let high = letters.length - 1;
  const cut = (kept: number) => {
    const head = Math.ceil(kept / 2);
    return `${letters.slice(0, head).join("")}…${letters.slice(letters.length - (kept - head)).join("")}`;
  };
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (fits(cut(middle))) low = middle;
    else high = middle - 1;
  }
  return cut(low);
}
