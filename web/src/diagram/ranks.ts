/** Which rank (row) each item stands in, so that links run downwards. */

import type { Item, Link } from "./layered";

export interface Ranks {
  rank: number[];
  ranks: number;
  /** Links that close a cycle and are drawn upwards. */
  reversed: boolean[];
}

export function assignRanks(items: Item[], links: Link[]): Ranks {
  const inner = items.filter((item) => !item.port).length;
  if (links.length === 0 && inner > 1) return column(items);
  const reversed = findBackLinks(items.length, links);
  const before: number[][] = items.map(() => []);
  const after: number[][] = items.map(() => []);
  links.forEach((link, index) => {
    const [upper, lower] = reversed[index]
      ? [link.target, link.source]
      : [link.source, link.target];
    after[upper]!.push(lower);
    before[lower]!.push(upper);
  });
  const order = topological(items.length, before, after);
  const rank = longestPath(items, order, after);
  pullDown(items, order, before, after, rank);
  return { rank, ranks: pinPorts(items, rank), reversed };
}

/** Without any link the items stand below each other in the order given. */
function column(items: Item[]): Ranks {
  let next: number = items.some((item) => item.port === "in") ? 1 : 0;
  const rank = items.map((item) => (item.port ? 0 : next++));
  return { rank, ranks: pinPorts(items, rank), reversed: [] };
}

function findBackLinks(count: number, links: Link[]): boolean[] {
  const outgoing: number[][] = Array.from({ length: count }, () => []);
  links.forEach((link, index) => outgoing[link.source]!.push(index));
  const state = new Uint8Array(count); // 0 new, 1 on the current path, 2 done
  const reversed = links.map(() => false);
  for (let root = 0; root < count; root++) {
    if (state[root]) continue;
    const path: [number, number][] = [[root, 0]];
    state[root] = 1;
    while (path.length) {
      const top = path[path.length - 1]!;
      const next = outgoing[top[0]]![top[1]++];
      if (next === undefined) {
        state[top[0]] = 2;
        path.pop();
        continue;
      }
      const target = links[next]!.target;
      if (state[target] === 1) reversed[next] = true;
      else if (!state[target]) {
        state[target] = 1;
        path.push([target, 0]);
      }
    }
  }
  return reversed;
}

function topological(count: number, before: number[][], after: number[][]): number[] {
  const waiting = before.map((sources) => sources.length);
  const order: number[] = [];
  for (let item = 0; item < count; item++) if (!waiting[item]) order.push(item);
  for (let i = 0; i < order.length; i++)
    for (const next of after[order[i]!]!) if (--waiting[next]! === 0) order.push(next);
  return order;
}

function longestPath(items: Item[], order: number[], after: number[][]): number[] {
  const first: number = items.some((item) => item.port === "in") ? 1 : 0;
  const rank = items.map((item) => (item.port === "in" ? 0 : first));
  for (const item of order)
    for (const next of after[item]!) rank[next] = Math.max(rank[next]!, rank[item]! + 1);
  return rank;
}

/** Things with more uses than sources (parameters, constants) go next to where they are used. */
function pullDown(
  items: Item[],
  order: number[],
  before: number[][],
  after: number[][],
  rank: number[],
): void {
  for (let i = order.length - 1; i >= 0; i--) {
    const item = order[i]!;
    if (items[item]!.port || after[item]!.length <= before[item]!.length) continue;
    const nearest = Math.min(...after[item]!.map((next) => rank[next]!));
    rank[item] = Math.max(rank[item]!, nearest - 1);
  }
}

/** Out-ports go below everything else; returns the number of ranks. */
function pinPorts(items: Item[], rank: number[]): number {
  let last = 0;
  items.forEach((item, index) => {
    if (item.port !== "out") last = Math.max(last, rank[index]!);
  });
  if (!items.some((item) => item.port === "out")) return last + 1;
  items.forEach((item, index) => {
    if (item.port === "out") rank[index] = last + 1;
  });
  return last + 2;
}
