import { netOf } from "../layout/flows";
import { reach, type Side } from "../model/reach";
import type { Highlight } from "./frame";
import type { Scene } from "./scene";

/** What is drawn of everything up- or downstream of a node, and the lines between. */
export function highlightOf(scene: Scene, id: string, side: Side): Highlight {
  const { drawn, open } = scene;
  const { index } = drawn;
  const reached = reach(drawn.source, id, side);
  const nodes = new Set<string>();
  for (const one of reached) {
    const shown = index.shown(drawn.drawn(one), open);
    if (nodes.has(shown)) continue;
    nodes.add(shown);
    for (const group of index.ancestors(shown)) nodes.add(group);
  }
  const joined = new Set<string>();
  for (const { source, target } of index.graph.edges) {
    if (!reached.has(source) || !reached.has(target)) continue;
    joined.add(pair(index.shown(source, open), index.shown(target, open)));
  }
  const edges = new Set(scene.layout.edges.filter((edge) => joined.has(pair(edge.source, edge.target))));
  return { nodes, edges, nets: new Set([...edges].map(netOf)), reached };
}

function pair(source: string, target: string): string {
  return JSON.stringify([source, target]);
}
