import type { Edge, Graph, Node } from "../../generated/document";
import type { Measure } from "../label";

/** Every letter is 6.5 px wide: layouts in tests do not depend on fonts. */
export const measure: Measure = (text) => [...text].length * 6.5;

/** Small graphs by hand: modules and ops by id, edges by ids. */
export class GraphBuilder {
  private readonly nodes = new Map<string, Node>();
  private readonly edges: Edge[] = [];

  constructor() {
    this.add({ id: ".", kind: "module", type: "Model", parent: null });
  }

  add(given: Partial<Node> & { id: string }): string {
    this.nodes.set(given.id, {
      kind: "op",
      name: given.id,
      type: "op",
      parent: ".",
      inputs: [],
      outputs: [],
      parameters: [],
      attributes: {},
      flops: null,
      source: null,
      order: this.nodes.size,
      atomic: false,
      aten: [],
      ...given,
    });
    return given.id;
  }

  module(id: string, parent: string, type = "Block"): string {
    return this.add({ id, kind: "module", name: id.split(".").at(-1)!, type, parent });
  }

  /** A layer of `torch.nn`: a module with one op. Returns the op. */
  layer(id: string, parent: string, type: string, parametric = true): string {
    const parameters = parametric ? [`${id}.weight`] : [];
    this.add({ id, kind: "module", name: id.split(".").at(-1)!, type, parent, parameters, atomic: true });
    return this.add({ id: `${id}/${type.toLowerCase()}:0`, type: type.toLowerCase(), parent: id, parameters });
  }

  op(id: string, parent: string, type: string): string {
    return this.add({ id, type, name: type, parent });
  }

  connect(source: string, target: string, shape: number[] = [1, 8]): void {
    const size_bytes = 4 * shape.reduce((product, size) => product * size, 1);
    this.edges.push({ source, target, tensor: { shape, dtype: "float32", device: "cpu", size_bytes } });
  }

  chain(...ids: string[]): void {
    for (let i = 1; i < ids.length; i++) this.connect(ids[i - 1]!, ids[i]!);
  }

  build(): Graph {
    const capture = { status: "complete" as const, error: null, failed_node: null, level: "user" as const, unlinked: [], unreached_parameters: [], dispatched_only: [], fast_paths_off: [], host_reads: [], notes: [] };
    return { nodes: Object.fromEntries(this.nodes), edges: this.edges, saved: [], capture };
  }
}

/** A model of residual blocks: each adds its input to the output of two layers. */
export function residualNetwork(blocks: number): Graph {
  const graph = new GraphBuilder();
  let last = graph.add({ id: "input:x", kind: "input", type: "input", name: "input" });
  graph.module("blocks", ".", "Sequential");
  for (let i = 0; i < blocks; i++) {
    const block = graph.module(`blocks.${i}`, "blocks", "BasicBlock");
    const names = ["conv1", "bn1", "relu", "conv2", "bn2"];
    const ops = names.map((name) => graph.layer(`${block}.${name}`, block, name.replace(/\d/, ""), name !== "relu"));
    const add = graph.op(`${block}/add:0`, block, "add");
    const relu = graph.layer(`${block}.relu#1`, block, "relu", false);
    graph.chain(last, ...ops, add, relu);
    graph.connect(last, add);
    last = relu;
  }
  graph.connect(last, graph.add({ id: "output:0", kind: "output", type: "output", name: "output" }));
  return graph.build();
}

/** A transformer: parallel projections, attention, and two skips a block. About 19 nodes a block. */
export function transformer(blocks: number): Graph {
  const graph = new GraphBuilder();
  const input = graph.add({ id: "input:tokens", kind: "input", type: "input", name: "input" });
  let last = graph.layer("embed_tokens", ".", "Embedding");
  graph.connect(input, last);
  graph.module("layers", ".", "ModuleList");
  for (let i = 0; i < blocks; i++) last = transformerBlock(graph, `layers.${i}`, last);
  const norm = graph.layer("norm", ".", "RMSNorm");
  const head = graph.layer("lm_head", ".", "Linear");
  const output = graph.add({ id: "output:0", kind: "output", type: "output", name: "output" });
  graph.chain(last, norm, head, output);
  return graph.build();
}

function transformerBlock(graph: GraphBuilder, id: string, input: string): string {
  graph.module(id, "layers", "DecoderLayer");
  const norm1 = graph.layer(`${id}.input_layernorm`, id, "RMSNorm");
  graph.connect(input, norm1);
  const attention = graph.module(`${id}.self_attn`, id, "Attention");
  const [q, k, v] = ["q_proj", "k_proj", "v_proj"].map((name) => graph.layer(`${attention}.${name}`, attention, "Linear"));
  for (const projection of [q!, k!, v!]) graph.connect(norm1, projection);
  const rotary = graph.op(`${attention}/rotary:0`, attention, "rotary");
  graph.connect(q!, rotary);
  graph.connect(k!, rotary);
  const product = graph.op(`${attention}/sdpa:0`, attention, "scaled_dot_product_attention");
  graph.connect(rotary, product);
  graph.connect(v!, product);
  const out = graph.layer(`${attention}.o_proj`, attention, "Linear");
  graph.connect(product, out);
  const add1 = graph.op(`${id}/add:0`, id, "add");
  graph.connect(out, add1);
  graph.connect(input, add1);
  const norm2 = graph.layer(`${id}.post_attention_layernorm`, id, "RMSNorm");
  graph.connect(add1, norm2);
  const mlp = graph.module(`${id}.mlp`, id, "MLP");
  const gate = graph.layer(`${mlp}.gate_proj`, mlp, "Linear");
  const act = graph.layer(`${mlp}.act_fn`, mlp, "SiLU", false);
  const up = graph.layer(`${mlp}.up_proj`, mlp, "Linear");
  const mul = graph.op(`${mlp}/mul:0`, mlp, "mul");
  const down = graph.layer(`${mlp}.down_proj`, mlp, "Linear");
  graph.chain(norm2, gate, act, mul, down);
  graph.chain(norm2, up, mul);
  const add2 = graph.op(`${id}/add:1`, id, "add");
  graph.connect(down, add2);
  graph.connect(add1, add2);
  return add2;
}

/** Groups of ops with edges drawn at random, forward only. The same seed, the same graph. */
export function randomGraph(count: number, seed: number): Graph {
  const graph = new GraphBuilder();
  const next = randomNumbers(seed);
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const group = i % 12 === 0 ? graph.module(`g${i}`, ".") : `g${i - (i % 12)}`;
    const inner = i % 6 === 0 ? graph.module(`${group}.h${i}`, group) : `${group}.h${i - (i % 6)}`;
    ids.push(graph.op(`op${i}`, inner, "op"));
    if (i > 0) graph.connect(ids[i - 1]!, ids[i]!);
    if (i > 1 && next() < 0.35) graph.connect(ids[Math.floor(next() * (i - 1))]!, ids[i]!);
  }
  return graph.build();
}

/** Numbers from 0 to 1, the same for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}

/**
 * All that graphs do at once, at random: groups in groups, ops beside them, skips, edges that lead
 * back, tensors used often, ops with many inputs, parts without edges to the rest.
 */
export function wildGraph(count: number, seed: number): Graph {
  const graph = new GraphBuilder();
  const next = randomNumbers(seed);
  const below = (limit: number): number => Math.floor(next() * limit);
  const groups = ["."];
  const ids: string[] = [];
  let group = ".";
  for (let i = 0; i < count; i++) {
    const turn = next();
    if (turn < 0.12) group = graph.module(`g${i}`, groups[below(groups.length)]!);
    else if (turn < 0.25) group = groups[below(groups.length)]!;
    if (!groups.includes(group)) groups.push(group);
    ids.push(graph.op(`op${i}`, group, next() < 0.1 ? "a_name_that_is_much_longer_than_others" : "op"));
    if (i > 0 && next() < 0.9) graph.connect(ids[i - 1]!, ids[i]!);
    while (i > 1 && next() < 0.3) graph.connect(ids[Math.max(0, i - 1 - below(next() < 0.7 ? 6 : i))]!, ids[i]!);
    if (i > 2 && next() < 0.04) graph.connect(ids[i]!, ids[below(i)]!);
    if (i > 12 && next() < 0.03) for (let k = 1; k < 12; k++) graph.connect(ids[i - k]!, ids[i]!);
  }
  return graph.build();
}

/** Parallel branches of some ops each between one op and another, all in one group. */
export function branches(count: number, length: number): Graph {
  const graph = new GraphBuilder();
  const group = graph.module("group", ".");
  const [first, last] = [graph.op("first", group, "op"), graph.op("last", group, "cat")];
  for (let i = 0; i < count; i++) {
    const steps = Array.from({ length }, (_, step) => graph.op(`branch${i}/${step}`, group, "op"));
    graph.chain(first, ...steps, last);
  }
  return graph.build();
}

/** A cell called again and again: each call takes a slice of the input and the state before it. */
export function unrolled(steps: number): Graph {
  const graph = new GraphBuilder();
  const input = graph.add({ id: "input:x", kind: "input", type: "input", name: "input" });
  const stack = graph.op("stack", ".", "stack");
  let state: string | undefined;
  for (let i = 0; i < steps; i++) {
    const slice = graph.op(`slice${i}`, ".", "getitem");
    graph.connect(input, slice);
    const cell = graph.op(`cell${i}`, ".", "lstm_cell");
    graph.connect(slice, cell);
    if (state !== undefined) graph.connect(state, cell);
    graph.connect(cell, stack);
    state = cell;
  }
  return graph.build();
}

/** Blocks of which each concatenates what came in and what all before it made. */
export function denseNetwork(layers: number): Graph {
  const graph = new GraphBuilder();
  const input = graph.add({ id: "input:x", kind: "input", type: "input", name: "input" });
  graph.module("block", ".", "DenseBlock");
  const made = [graph.layer("conv0", ".", "Conv2d")];
  graph.connect(input, made[0]!);
  for (let i = 0; i < layers; i++) {
    const id = graph.module(`block.layer${i}`, "block", "DenseLayer");
    const cat = graph.op(`${id}/cat:0`, id, "cat");
    for (const one of made) graph.connect(one, cat);
    const ops = ["norm1", "relu1", "conv1", "norm2", "relu2", "conv2"].map((name) => graph.layer(`${id}.${name}`, id, name.replace(/\d/, "")));
    graph.chain(cat, ...ops);
    made.push(ops.at(-1)!);
  }
  const last = graph.op("block/cat:0", "block", "cat");
  for (const one of made) graph.connect(one, last);
  graph.connect(last, graph.add({ id: "output:0", kind: "output", type: "output", name: "output" }));
  return graph.build();
}
