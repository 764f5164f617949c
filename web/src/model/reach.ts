/** Everything upstream or downstream of a node. */

import type { GraphIndex } from "./graph";

export type Side = "upstream" | "downstream";

/** Ids of the innermost nodes that a node depends on, or that depend on it; its own innermost too. */
export function reach(graph: GraphIndex, id: string, side: Side): Set<string> {
  const [near, far] = side === "upstream" ? (["target", "source"] as const) : (["source", "target"] as const);
  const next = new Map<string, string[]>();
  for (const edge of graph.graph.edges) {
    const known = next.get(edge[near]);
    if (known) known.push(edge[far]);
    else next.set(edge[near], [edge[far]]);
  }
  const found = new Set<string>();
  const waiting = graph.withDescendants(id).filter((inner) => !graph.isGroup(inner));
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (found.has(at)) continue;
    found.add(at);
    for (const one of next.get(at) ?? []) if (!found.has(one) && graph.has(one)) waiting.push(one);
  }
  return found;
}
