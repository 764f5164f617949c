import type { Block } from "./types";

/** Ranks of a block's vertices, and which edges run against them. */
export interface Ranking {
  rank: number[];
  /** Edges whose target stands above their source: they would close a cycle. */
  backward: boolean[];
  /** Most steps that lead to each vertex, along forward edges; what comes from an in-port has more. */
  depth: number[];
  /** Most steps that lead on from each vertex, along forward edges; what goes to an out-port has more. */
  reach: number[];
  rankCount: number;
}

/**
 * Gives every vertex a rank: in-ports 0, out-ports the last, boxes between.
 *
 * Ranks are longest paths; a box that feeds more edges than it takes moves down to its first user.
 */
export function rankVertices(block: Block): Ranking {
  const backward = findBackwardEdges(block);
  const forward = block.edges
    .map((edge, index) => ({ from: edge.source, to: edge.target, index }))
    .filter(({ index }) => !backward[index]);
  const after: number[][] = block.vertices.map(() => []);
  const before: number[][] = block.vertices.map(() => []);
  for (const { from, to } of forward) {
    after[from]!.push(to);
    before[to]!.push(from);
  }
  const sorted = topologicalOrder(after, before);
  const rank: number[] = block.vertices.map((vertex) => (vertex.role === "in" ? 0 : 1));
  for (const vertex of sorted) {
    for (const next of after[vertex]!) rank[next] = Math.max(rank[next]!, rank[vertex]! + 1);
  }
  const size = block.vertices.length;
  const depth = block.vertices.map(({ role }) => (role === "in" ? size : 0));
  for (const vertex of sorted) {
    for (const next of after[vertex]!) depth[next] = Math.max(depth[next]!, depth[vertex]! + 1);
  }
  const reach = block.vertices.map(({ role }) => (role === "out" ? size : 0));
  for (const vertex of sorted.reverse()) {
    for (const next of after[vertex]!) reach[vertex] = Math.max(reach[vertex]!, reach[next]! + 1);
    if (block.vertices[vertex]!.role !== "item") continue;
    const users = after[vertex]!.filter((next) => block.vertices[next]!.role === "item");
    if (users.length > 0 && after[vertex]!.length > before[vertex]!.length) {
      rank[vertex] = Math.max(rank[vertex]!, Math.min(...users.map((next) => rank[next]!)) - 1);
    }
  }
  let lastItem = 0;
  block.vertices.forEach((vertex, i) => {
    if (vertex.role === "item") lastItem = Math.max(lastItem, rank[i]!);
  });
  block.vertices.forEach((vertex, i) => {
    if (vertex.role === "out") rank[i] = lastItem + 1;
  });
  return { rank, backward, depth, reach, rankCount: lastItem + 2 };
}

/** Marks the edges that lead back to a vertex still being visited, depth first in given order. */
function findBackwardEdges(block: Block): boolean[] {
  const outgoing: number[][] = block.vertices.map(() => []);
  block.edges.forEach((edge, index) => outgoing[edge.source]!.push(index));
  const backward = block.edges.map((edge) => edge.source === edge.target);
  const state = new Uint8Array(block.vertices.length);
  const [OPEN, DONE] = [1, 2];
  for (let start = 0; start < block.vertices.length; start++) {
    if (state[start]) continue;
    const path = [{ vertex: start, next: 0 }];
    state[start] = OPEN;
    while (path.length > 0) {
      const top = path[path.length - 1]!;
      const index = outgoing[top.vertex]![top.next++];
      if (index === undefined) {
        state[top.vertex] = DONE;
        path.pop();
        continue;
      }
      const target = block.edges[index]!.target;
      if (state[target] === OPEN) backward[index] = true;
      else if (!state[target]) {
        state[target] = OPEN;
        path.push({ vertex: target, next: 0 });
      }
    }
  }
  return backward;
}

function topologicalOrder(after: number[][], before: number[][]): number[] {
  const missing = before.map((sources) => sources.length);
  const sorted: number[] = [];
  missing.forEach((count, vertex) => {
    if (count === 0) sorted.push(vertex);
  });
  for (let i = 0; i < sorted.length; i++) {
    for (const next of after[sorted[i]!]!) {
      missing[next]!--;
      if (missing[next] === 0) sorted.push(next);
    }
  }
  return sorted;
}
