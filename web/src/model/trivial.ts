/** Ops that only look at a tensor in another way: hidden on demand, with their edges joined through. */

import type { Graph, Node } from "../generated/document";
import { GraphIndex, ROOT, type JoinedEdge } from "./graph";

/** Aten ops that give the same numbers in another shape, order or part. */
const LOOKS = new Set(
  "view _unsafe_view view_as reshape permute transpose t unsqueeze squeeze expand slice select detach alias as_strided unbind split split_with_sizes chunk narrow unfold movedim swapaxes clone contiguous lift_fresh".split(" "),
);
/** The same as they are called by users, for graphs without aten ops. */
const NAMES = new Set(
  "view view_as reshape reshape_as flatten unflatten permute transpose swapaxes swapdims movedim moveaxis t T mT unsqueeze squeeze expand expand_as contiguous detach identity ravel".split(" "),
);
/** These do nothing at all when no aten op ran. */
const IDLE = new Set(["dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "stochastic_depth"]);

/** Whether a node only looks at its input in another way. `knowsAten`: the graph says what ran. */
export function isTrivial(node: Node, knowsAten: boolean): boolean {
  if (node.kind !== "op") return false;
  if (node.aten.length > 0) return node.aten.every((op) => LOOKS.has(op.split(".")[1] ?? op));
  return NAMES.has(node.type) || (knowsAten && IDLE.has(node.type));
}

/**
 * The graph without trivial ops, and without the modules that hold nothing else.
 *
 * What fed such an op feeds whatever used it. One that nothing feeds, or that nothing uses, stays:
 * its edges could not be joined.
 */
export function withoutTrivial(index: GraphIndex): GraphIndex {
  const hidden = trivialOps(index);
  if (hidden.size === 0) return index;
  const gone = new Set([...hidden, ...emptied(index, hidden)]);
  const nodes = Object.fromEntries([...index.nodes].filter(([id]) => !gone.has(id)));
  const graph: Graph = { ...index.graph, nodes, edges: joined(index.graph.edges, hidden) };
  return new GraphIndex(graph, index.looks);
}

function trivialOps(index: GraphIndex): Set<string> {
  const knowsAten = [...index.nodes.values()].some((node) => node.aten.length > 0);
  const hidden = new Set([...index.nodes.values()].filter((node) => isTrivial(node, knowsAten)).map((node) => node.id));
  const { edges } = index.graph;
  const [made, used] = [new Set(edges.map((edge) => edge.target)), new Set(edges.map((edge) => edge.source))];
  for (const id of hidden) if (!made.has(id) || !used.has(id)) hidden.delete(id);
  // what is left may be a ring of hidden ops that nothing else feeds or uses
  const [isFed, isUsed] = reached(edges, hidden);
  for (const id of hidden) if (!isFed.has(id) || !isUsed.has(id)) hidden.delete(id);
  return hidden;
}

/** Hidden nodes that some node which stays feeds, and those that some such node uses. */
function reached(edges: readonly JoinedEdge[], hidden: ReadonlySet<string>): [Set<string>, Set<string>] {
  const along = (from: "source" | "target", to: "source" | "target"): Set<string> => {
    const next = new Map<string, string[]>();
    const waiting: string[] = [];
    for (const edge of edges) {
      if (!hidden.has(edge[to])) continue;
      if (!hidden.has(edge[from])) waiting.push(edge[to]);
      else next.set(edge[from], [...(next.get(edge[from]) ?? []), edge[to]]);
    }
    const found = new Set<string>();
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (found.has(at)) continue;
      found.add(at);
      waiting.push(...(next.get(at) ?? []));
    }
    return found;
  };
  return [along("source", "target"), along("target", "source")];
}

/** Module calls in which nothing is left. */
function emptied(index: GraphIndex, hidden: ReadonlySet<string>): string[] {
  const gone = new Set(hidden);
  const groups = index.groups().filter((id) => id !== ROOT).reverse(); // inner ones first
  for (const id of groups) if (index.children(id).every((child) => gone.has(child)) && !index.hasParameters(id)) gone.add(id);
  return [...gone].filter((id) => !hidden.has(id));
}

/** Edges between what stays: through hidden ops from whatever fed them, in the order of the edges. */
function joined(edges: readonly JoinedEdge[], hidden: ReadonlySet<string>): JoinedEdge[] {
  const into = new Map<string, JoinedEdge[]>();
  for (const edge of edges) {
    if (!hidden.has(edge.target)) continue;
    const known = into.get(edge.target);
    if (known) known.push(edge);
    else into.set(edge.target, [edge]);
  }
  return edges.flatMap((edge) => {
    if (hidden.has(edge.target)) return [];
    if (!hidden.has(edge.source)) return [edge];
    return feeders(edge.source, into, hidden).map(({ source, through }) => ({
      ...edge, source, through: [...through, ...(edge.through ?? [])],
    }));
  });
}

/** What feeds a hidden op, straight or through others, and what lies between. */
function feeders(
  op: string,
  into: ReadonlyMap<string, JoinedEdge[]>,
  hidden: ReadonlySet<string>,
): { source: string; through: string[] }[] {
  const found = new Map<string, string[]>();
  const seen = new Set([op]);
  const waiting: { at: string; through: string[] }[] = [{ at: op, through: [op] }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const edge of into.get(next.at) ?? []) {
      const through = [...(edge.through ?? []), ...next.through];
      if (!hidden.has(edge.source)) {
        if (!found.has(edge.source)) found.set(edge.source, through);
      } else if (!seen.has(edge.source)) {
        seen.add(edge.source);
        waiting.push({ at: edge.source, through: [edge.source, ...through] });
      }
    }
  }
  return [...found].map(([source, through]) => ({ source, through }));
}
