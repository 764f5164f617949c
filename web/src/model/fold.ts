/** Equal neighbouring blocks, as the table `folds` lists them. */

import type { Node } from "../generated/document";
import { ROOT, type GraphIndex } from "./graph";

/** One block and its repetitions in one group. */
export interface Fold {
  /** From the first node to the last, as in `layers.0..layers.31`. No node is called so. */
  id: string;
  parent: string;
  /** For each member, in execution order, its nodes directly inside the parent. */
  members: readonly (readonly string[])[];
  /** The same with everything inside them: nodes at the same place of two members are counterparts. */
  contents: readonly (readonly string[])[];
}

type Row = Readonly<Record<string, unknown>>;

/**
 * The folds of a graph, outer ones first.
 *
 * The rows may have been measured on another graph of the same model. Those are left out whose
 * members are not the same in this one: other kinds, types or edges within.
 */
export function foldsOf(rows: readonly Row[], graph: GraphIndex): Fold[] {
  const found: Fold[] = [];
  const within = edgesFrom(graph);
  for (const members of membersByFold(rows).values()) {
    const first = members[0]?.[0];
    const parent = first === undefined ? null : graph.parent(first);
    if (parent === null || members.length < 2) continue;
    if (members.some((member) => member.length === 0 || member.some((id) => graph.parent(id) !== parent))) continue;
    const contents = members.map((member) => member.flatMap((id) => graph.withDescendants(id)));
    if (!areSame(contents, graph, within)) continue;
    const last = members.at(-1)!.at(-1)!;
    found.push({ id: `${first}..${last}`, parent, members, contents });
  }
  const nodesIn = (fold: Fold): number => fold.members.reduce((sum, member) => sum + member.length, 0);
  return found.sort((a, b) => depthOf(graph, a.parent) - depthOf(graph, b.parent) || nodesIn(b) - nodesIn(a));
}

/** The path that all members share: `model.layers` of `model.layers.0` to `model.layers.31`. */
export function sharedPath(fold: Fold): string {
  const [first, last] = [fold.members[0]![0]!, fold.members.at(-1)![0]!];
  let same = 0;
  while (same < first.length && first[same] === last[same]) same++;
  const cut = Math.max(first.lastIndexOf(".", same), first.lastIndexOf("/", same));
  if (cut > 0) return first.slice(0, cut);
  return fold.parent === ROOT ? "" : fold.parent;
}

function membersByFold(rows: readonly Row[]): Map<string, string[][]> {
  const folds = new Map<string, string[][]>();
  for (const row of rows) {
    const [id, at] = [String(row["fold"]), Number(row["member"])];
    if (!Number.isInteger(at) || at < 0 || at >= rows.length) continue;
    const members = folds.get(id) ?? [];
    folds.set(id, members);
    while (members.length <= at) members.push([]);
    members[at]!.push(String(row["node"]));
  }
  return folds;
}

function depthOf(graph: GraphIndex, id: string): number {
  return id === ROOT ? 0 : graph.depth(id);
}

function edgesFrom(graph: GraphIndex): Map<string, string[]> {
  const targets = new Map<string, string[]>();
  for (const { source, target } of graph.graph.edges) {
    const known = targets.get(source);
    if (known) known.push(target);
    else targets.set(source, [target]);
  }
  return targets;
}

/** Whether all members hold the same nodes, joined in the same way. */
function areSame(contents: string[][], graph: GraphIndex, targets: ReadonlyMap<string, string[]>): boolean {
  const signature = (ids: string[]): string => {
    const places = new Map(ids.map((id, i) => [id, i]));
    const kindOf = (node: Node): string => `${node.kind} ${node.type}`;
    return JSON.stringify(
      ids.map((id) => {
        const node = graph.nodeOf(id);
        const inside = (targets.get(id) ?? []).flatMap((target) => places.get(target) ?? []);
        const parent = graph.parent(id);
        return [kindOf(node), parent === null ? -1 : (places.get(parent) ?? -1), inside.sort((a, b) => a - b)];
      }),
    );
  };
  const first = signature(contents[0]!);
  return contents.every((ids) => ids.length === contents[0]!.length && signature(ids) === first);
}
