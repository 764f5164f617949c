/** Equal neighbouring blocks, as the table `folds` lists them, and the ends of the graph that belong to them. */

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
  found.sort((a, b) => depthOf(graph, a.parent) - depthOf(graph, b.parent) || nodesIn(b) - nodesIn(a));
  return [...found, ...foldsOfEnds(graph, found)];
}

/** Whether a fold is of inputs or outputs of the model. */
export function isOfEnds(fold: Fold, graph: GraphIndex): boolean {
  const { kind } = graph.nodeOf(fold.members[0]![0]!);
  return kind === "input" || kind === "output";
}

/**
 * Inputs, or outputs, that are one for each member of a fold, as the caches of a decoder are: joined to
 * counterparts alone, with the same shapes.
 */
function foldsOfEnds(graph: GraphIndex, folds: readonly Fold[]): Fold[] {
  if (folds.length === 0) return [];
  const counterpart = counterparts(folds);
  const joined = new Map<string, Set<string>>();
  const join = (end: string, other: string): void => {
    joined.set(end, (joined.get(end) ?? new Set()).add(counterpart(other) ?? ""));
  };
  for (const { source, target } of graph.graph.edges) {
    if (graph.node(source)?.kind === "input") join(source, target);
    if (graph.node(target)?.kind === "output") join(target, source);
  }
  const alike = new Map<string, string[]>();
  for (const id of graph.nodes.keys()) {
    const others = joined.get(id);
    if (!others || others.has("")) continue;
    const node = graph.nodeOf(id);
    const key = JSON.stringify([node.kind, graph.parent(id), [...others].sort(), node.outputs.map((spec) => spec.shape)]);
    alike.set(key, [...(alike.get(key) ?? []), id]);
  }
  return [...alike.values()]
    .filter((ids) => ids.length > 1)
    .map((ids) => {
      const members = ids.map((id) => [id]);
      return { id: `${ids[0]!}..${ids.at(-1)!}`, parent: graph.parent(ids[0]!) ?? ROOT, members, contents: members };
    });
}

/** The node of the first members that stands where a node of others does; null for one in no fold. */
function counterparts(folds: readonly Fold[]): (id: string) => string | null {
  const images = new Map<string, string>();
  const inside = new Set<string>();
  for (const { contents } of folds) {
    const [first, ...others] = contents;
    if (images.has(first![0]!)) continue; // in a member that is not the first
    for (const id of first!) inside.add(id);
    for (const ids of others) ids.forEach((id, i) => inside.add(id) && images.set(id, first![i]!));
  }
  return (id) => {
    let at = id;
    for (let next = images.get(at); next !== undefined; next = images.get(at)) at = next;
    return inside.has(id) ? at : null;
  };
}

/** `cache.layers.0…31.keys` of `cache.layers.0.keys` to `cache.layers.31.keys`. */
export function spanOf(first: string, last: string): string {
  if (first === last) return first;
  let start = 0;
  while (start < first.length && first[start] === last[start] && !/\d/.test(first[start]!)) start++;
  let end = 0;
  const most = Math.min(first.length, last.length) - start - 1;
  while (end < most && first.at(-1 - end) === last.at(-1 - end) && !/\d/.test(first.at(-1 - end)!)) end++;
  return `${first.slice(0, first.length - end)}…${last.slice(start)}`;
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
