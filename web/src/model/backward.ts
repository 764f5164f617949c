/** The autograd graph of a run: which steps go back through a node, and what memory they keep. */

import type { Edge, Graph, Node, SavedTensor } from "../generated/document";
import { GraphIndex, ROOT } from "./graph";

/** Which graph is drawn: what runs forward, what runs back, or both with the tensors kept between. */
export type Direction = "forward" | "backward" | "both";
export const DIRECTIONS: readonly Direction[] = ["forward", "backward", "both"];

export class BackwardIndex {
  readonly graph: GraphIndex;
  private readonly steps = new Map<string, string[]>();
  private readonly saved = new Map<string, SavedTensor[]>();
  private readonly heldBytes = new Map<string, number>();
  private both: GraphIndex | null = null;

  constructor(
    backward: Graph,
    private readonly forward: GraphIndex,
  ) {
    this.graph = new GraphIndex(backward);
    for (const node of this.graph.nodes.values()) {
      const through = forwardOf(node);
      if (through !== null) append(this.steps, through, node.id);
    }
    for (const tensor of backward.saved) {
      append(this.saved, tensor.step, tensor);
      for (const id of [tensor.step, ...this.graph.ancestors(tensor.step), ROOT])
        this.heldBytes.set(id, (this.heldBytes.get(id) ?? 0) + tensor.held_bytes);
    }
  }

  /** Forward and backward on one canvas, with an edge for each tensor that is kept. */
  get joined(): GraphIndex {
    this.both ??= new GraphIndex(joined(this.forward.graph, this.graph.graph));
    return this.both;
  }

  /** Whether the id is a step, and not a module that both graphs have. */
  isStep(id: string): boolean {
    return this.graph.node(id)?.kind === "backward";
  }

  /** The steps that go back through an op, or that lie in a module call, in the order of backward. */
  stepsOf(id: string): string[] {
    if (this.forward.node(id)?.kind === "module") return this.graph.descendants(id).filter((inner) => this.isStep(inner));
    return this.steps.get(id) ?? [];
  }

  /** What a step keeps. */
  savedBy(step: string): readonly SavedTensor[] {
    return this.saved.get(step) ?? [];
  }

  /** Bytes that are in memory for backward alone; null for what has no steps. */
  held(id: string): number | null {
    if (id === ROOT || this.graph.has(id)) return this.heldBytes.get(id) ?? 0;
    const steps = this.stepsOf(id);
    return steps.length ? steps.reduce((sum, step) => sum + (this.heldBytes.get(step) ?? 0), 0) : null;
  }
}

/** The node that a step goes back through. */
export function forwardOf(node: Node): string | null {
  const through = node.kind === "backward" ? node.attributes["forward"] : null;
  return typeof through === "string" ? through : null;
}

/** The same as `measure.joined_graph.joined` in Python. */
function joined(forward: Graph, backward: Graph): Graph {
  const nodes = { ...backward.nodes, ...forward.nodes };
  const ordered = Object.fromEntries([...Object.keys(forward.nodes), ...Object.keys(backward.nodes)].map((id) => [id, nodes[id]!]));
  const kept = new Map<string, Edge>();
  for (const { source, step, tensor } of backward.saved) {
    if (source === null || !Object.hasOwn(nodes, source) || nodes[source]!.kind === "module") continue;
    kept.set(JSON.stringify([source, step, tensor]), { source, target: step, tensor });
  }
  return { ...forward, nodes: ordered, edges: [...forward.edges, ...backward.edges, ...kept.values()], saved: backward.saved };
}

function append<V>(lists: Map<string, V[]>, key: string, value: V): void {
  const known = lists.get(key);
  if (known) known.push(value);
  else lists.set(key, [value]);
}
