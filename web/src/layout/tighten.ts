import { separation, type Layered, type Segment } from "./layers";

const ROUNDS = 4;
const STRAIGHT = 0.01;

/**
 * Moves what is joined by straight lines, as one, toward what its other lines lead to.
 *
 * Nothing changes its place in its rank, nothing comes nearer to its neighbours than it may, and the
 * longest way through the block stays where it is. Changes `x`.
 */
export function tighten(layered: Layered, layers: number[][], x: Float64Array): void {
  const groups = straightGroups(layered, x);
  const neighbours = besides(layered, layers);
  const order = groups.lists.map((_, i) => i);
  order.sort((a, b) => x[groups.lists[a]![0]!]! - x[groups.lists[b]![0]!]!);
  for (let round = 0; round < ROUNDS; round++) {
    let moved = false;
    for (const i of order) moved = pull(layered, groups, i, neighbours, x) || moved;
    if (!moved) return;
    order.reverse();
  }
}

interface Groups {
  /** Members of each group that may move. */
  lists: number[][];
  of: Int32Array;
}

/** Vertices that straight lines join; those on a longest way are in no list. */
function straightGroups(layered: Layered, x: Float64Array): Groups {
  const leader = new Int32Array(layered.rank.length);
  for (let vertex = 0; vertex < leader.length; vertex++) leader[vertex] = vertex;
  const find = (vertex: number): number => {
    let at = vertex;
    while (leader[at] !== at) at = leader[at] = leader[leader[at]!]!;
    return at;
  };
  for (const pieces of layered.down) {
    for (const { upper, lower, exit, entry } of pieces) {
      if (Math.abs(x[upper]! + exit - x[lower]! - entry) < STRAIGHT) leader[find(lower)] = find(upper);
    }
  }
  const through = layered.depth.map((depth, vertex) => depth + layered.reach[vertex]!);
  const longest = through.reduce((most, length) => Math.max(most, length), 0);
  const fixed = new Set<number>();
  through.forEach((length, vertex) => length === longest && fixed.add(find(vertex)));
  const lists = new Map<number, number[]>();
  const of = leader.map((_, vertex) => find(vertex));
  of.forEach((group, vertex) => {
    if (fixed.has(group)) return;
    const list = lists.get(group);
    if (list) list.push(vertex);
    else lists.set(group, [vertex]);
  });
  return { lists: [...lists.values()], of };
}

interface Besides {
  left: Int32Array;
  right: Int32Array;
}

/** The neighbours of each vertex in its rank, or -1. */
function besides(layered: Layered, layers: number[][]): Besides {
  const left = new Int32Array(layered.rank.length).fill(-1);
  const right = new Int32Array(layered.rank.length).fill(-1);
  for (const layer of layers) {
    for (let i = 1; i < layer.length; i++) {
      left[layer[i]!] = layer[i - 1]!;
      right[layer[i - 1]!] = layer[i]!;
    }
  }
  return { left, right };
}

/** Moves one group to where its lines are shortest, as far as its neighbours let it; true if it moved. */
function pull(layered: Layered, groups: Groups, index: number, { left, right }: Besides, x: Float64Array): boolean {
  const members = groups.lists[index]!;
  const group = groups.of[members[0]!]!;
  let [least, most] = [-Infinity, Infinity];
  const pulls: number[] = [];
  const add = ({ upper, lower, exit, entry }: Segment, sign: number): void => {
    if (groups.of[upper] !== groups.of[lower]) pulls.push(sign * (x[lower]! + entry - x[upper]! - exit));
  };
  for (const vertex of members) {
    const [before, after] = [left[vertex]!, right[vertex]!];
    if (before >= 0 && groups.of[before] !== group) {
      least = Math.max(least, x[before]! + separation(layered, before, vertex) - x[vertex]!);
    }
    if (after >= 0 && groups.of[after] !== group) {
      most = Math.min(most, x[after]! - separation(layered, vertex, after) - x[vertex]!);
    }
    for (const piece of layered.down[vertex]!) add(piece, 1);
    for (const piece of layered.up[vertex]!) add(piece, -1);
  }
  if (pulls.length === 0 || most <= least) return false;
  pulls.sort((a, b) => a - b);
  const [low, high] = [pulls[(pulls.length - 1) >> 1]!, pulls[pulls.length >> 1]!];
  const wanted = low > 0 ? low : high < 0 ? high : 0;
  const by = Math.min(Math.max(wanted, least), most);
  if (Math.abs(by) < 0.5) return false;
  for (const vertex of members) x[vertex]! += by;
  return true;
}
