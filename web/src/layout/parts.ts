import type { Block } from "./types";

/** Some vertices of a block with the edges between them; `vertices` and `edges` are places in that block. */
export interface Part {
  block: Block;
  vertices: number[];
  edges: number[];
}

/** A block taken apart: what hangs together with its ports, other parts, and boxes without any edge. */
export interface Parts {
  main: Part;
  others: Part[];
  loose: number[];
}

/**
 * Takes a block apart where no edge joins its parts.
 *
 * The main part holds all ports and what they lead to; in a block without ports it is the part with
 * the most boxes.
 */
export function partsOf(block: Block): Parts {
  const leader = leadersOf(block);
  const members = new Map<number, number[]>();
  const loose: number[] = [];
  const used = new Uint8Array(block.vertices.length);
  for (const { source, target } of block.edges) used[source] = used[target] = 1;
  block.vertices.forEach(({ role }, i) => {
    if (!used[i] && role === "item") return void loose.push(i);
    const list = members.get(leader[i]!);
    if (list) list.push(i);
    else members.set(leader[i]!, [i]);
  });
  const lists = [...members.values()];
  const port = block.vertices.findIndex(({ role }) => role !== "item");
  const largest = lists.reduce((a, b) => (b.length > a.length ? b : a), lists[0] ?? []);
  const main = port >= 0 ? members.get(leader[port]!)! : largest;
  if (lists.length < 2 && loose.length === 0) {
    return { main: { block, vertices: main, edges: block.edges.map((_, i) => i) }, others: [], loose };
  }
  return { main: partOf(block, main), others: lists.filter((list) => list !== main).map((list) => partOf(block, list)), loose };
}

/** One vertex for all that hangs together; ports hang together. */
function leadersOf(block: Block): Int32Array {
  const leader = new Int32Array(block.vertices.length);
  for (let i = 0; i < leader.length; i++) leader[i] = i;
  const find = (vertex: number): number => {
    let at = vertex;
    while (leader[at] !== at) at = leader[at] = leader[leader[at]!]!;
    return at;
  };
  let port = -1;
  block.vertices.forEach(({ role }, i) => {
    if (role === "item") return;
    if (port >= 0) leader[find(i)] = find(port);
    port = i;
  });
  for (const { source, target } of block.edges) leader[find(target)] = find(source);
  return leader.map((_, i) => find(i));
}

function partOf(block: Block, vertices: number[]): Part {
  const renamed = new Map(vertices.map((vertex, i) => [vertex, i]));
  const edges = block.edges.flatMap(({ source }, i) => (renamed.has(source) ? [i] : []));
  const part = {
    ...block,
    vertices: vertices.map((vertex) => block.vertices[vertex]!),
    edges: edges.map((i) => {
      const edge = block.edges[i]!;
      return { ...edge, source: renamed.get(edge.source)!, target: renamed.get(edge.target)! };
    }),
  };
  return { block: part, vertices, edges };
}
