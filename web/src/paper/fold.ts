import type { Edge, Graph, Node } from "../generated/document";
import { foldsOf } from "../model/fold";
import { GraphIndex, ROOT } from "../model/graph";

/** A row of the table `folds`. */
export interface FoldRow {
  fold: string;
  member: number;
  node: string;
}

/** A graph in which identical neighbours are one, and what its nodes stand for. */
export interface Folded {
  index: GraphIndex;
  /** For a node that stands for several: all of them, in execution order. */
  standsFor: ReadonlyMap<string, readonly string[]>;
  /** How often a folded node is repeated beside itself. */
  counts: ReadonlyMap<string, number>;
  /** What is drawn for a node of the whole graph. */
  shown: (id: string) => string;
  /** Groups that the graph does not have: stretches of several nodes that repeat. */
  made: ReadonlySet<string>;
}

/** The graph as it is, for those who want no folds. */
export function unfolded(graph: Graph): Folded {
  return { index: new GraphIndex(graph), standsFor: new Map(), counts: new Map(), shown: (id) => id, made: new Set() };
}

/**
 * Keeps the first of identical neighbouring blocks and says how many there are.
 *
 * Edges of the others become edges of the first. Those from one member to the next are left out,
 * since drawn on one block they would look like a loop. Inputs and outputs of the model that are
 * one for each member, as caches of a decoder are, become one.
 */
export function foldGraph(graph: Graph, rows: readonly FoldRow[]): Folded {
  const folding = new Folding(graph);
  for (const { members } of foldsOf(rows.map((row) => ({ ...row })), new GraphIndex(graph))) folding.fold(members.map((member) => [...member]));
  folding.foldEnds("input", (edge) => [edge.source, edge.target]);
  folding.foldEnds("output", (edge) => [edge.target, edge.source]);
  return folding.result();
}

class Folding {
  private readonly whole: GraphIndex;
  private readonly nodes: Map<string, Node>;
  private readonly children = new Map<string, string[]>();
  private readonly standsFor = new Map<string, string[]>();
  private readonly counts = new Map<string, number>();
  private readonly made = new Set<string>();
  private readonly renamed = new Map<string, string>();
  private readonly spans = new Map<string, string>();
  /** Groups made by folding, by the node that they stand before. */
  private readonly before = new Map<string, string[]>();
  /** Edges in their order, null where one is gone, and their places by node. */
  private readonly edges: (Edge | null)[];
  private readonly places = new Map<string, Set<number>>();

  constructor(graph: Graph) {
    this.whole = new GraphIndex(graph);
    this.nodes = new Map(this.whole.nodes);
    this.edges = graph.edges.filter((edge) => this.nodes.has(edge.source) && this.nodes.has(edge.target));
    this.edges.forEach((edge, i) => this.remember(edge!, i));
    for (const id of this.nodes.keys()) this.children.set(id, [...this.whole.children(id)]);
  }

  fold(members: readonly string[][]): void {
    const [first, ...others] = members as [string[], ...string[][]];
    if (!members.flat().every((id) => this.nodes.has(id))) return; // within a member that is gone
    const memberOf = new Map<string, number>();
    const counterpart = new Map<string, string>();
    this.pair(first, first, 0, memberOf, counterpart);
    others.forEach((other, i) => this.pair(other, first, i + 1, memberOf, counterpart));
    this.foldEdges(memberOf, counterpart);
    for (const [id, kept] of counterpart) {
      if (id === kept) continue;
      this.nodes.delete(id);
      this.renamed.set(id, kept);
      this.standsFor.set(kept, [...this.all(kept), ...this.all(id)]);
    }
    const parent = this.parentOf(first[0]!);
    this.children.set(parent, this.children.get(parent)!.filter((id) => this.nodes.has(id)));
    if (first.length === 1) this.mark(first[0]!, others.at(-1)![0]!, members.length);
    else this.gather(first, members.length);
  }

  /** Keeps the first of the inputs or outputs that are joined to the same folded node. */
  foldEnds(kind: "input" | "output", ends: (edge: Edge) => [end: string, other: string]): void {
    const joined = new Map<string, Set<string>>();
    for (const edge of this.edges) {
      if (!edge) continue;
      const [end, other] = ends(edge);
      if (this.nodes.get(end)!.kind === kind) joined.set(end, (joined.get(end) ?? new Set()).add(other));
    }
    const alike = new Map<string, string[]>();
    for (const [end, others] of joined) {
      if (![...others].every((other) => this.standsFor.has(other))) continue;
      const shapes = this.nodes.get(end)!.outputs.map((spec) => spec.shape);
      const key = JSON.stringify([[...others].sort(), shapes]);
      alike.set(key, [...(alike.get(key) ?? []), end]);
    }
    for (const [first, ...others] of alike.values()) {
      if (first === undefined || others.length === 0) continue;
      for (const other of others) {
        this.nodes.delete(other);
        this.renamed.set(other, first);
      }
      for (const other of others) for (const place of this.places.get(other) ?? []) this.edges[place] = null;
      this.standsFor.set(first, [first, ...others]);
      this.counts.set(first, others.length + 1);
      const node = this.nodes.get(first)!;
      const last = this.whole.nodeOf(others.at(-1)!);
      const name = typeof node.attributes["argument"] === "string" ? node.attributes["argument"] : span(node.name, last.name);
      this.nodes.set(first, { ...node, name: name + countMark(others.length + 1), attributes: { ...node.attributes, argument: name + countMark(others.length + 1) } });
    }
  }

  result(): Folded {
    const name = (id: string): string => this.spans.get(id) ?? id;
    const inOrder = [...this.nodes.keys()].filter((id) => !this.made.has(id)).flatMap((id) => [...(this.before.get(id) ?? []), id]);
    const nodes = inOrder.map((id): [string, Node] => {
      const node = this.nodes.get(id)!;
      const parent = node.parent === null ? null : name(node.parent);
      return [name(node.id), { ...node, id: name(node.id), parent }];
    });
    const edges = this.edges.filter((edge) => edge !== null).map((edge) => ({ ...edge, source: name(edge.source), target: name(edge.target) }));
    const graph: Graph = { ...this.whole.graph, nodes: Object.fromEntries(nodes), edges };
    const byName = <T>(found: Map<string, T>): Map<string, T> => new Map([...found].map(([id, value]) => [name(id), value]));
    const shown = (id: string): string => {
      let at = id;
      for (let next = this.renamed.get(at); next !== undefined; next = this.renamed.get(at)) at = next;
      return name(at);
    };
    return { index: new GraphIndex(graph), standsFor: byName(this.standsFor), counts: byName(this.counts), shown, made: this.made };
  }

  private all(id: string): string[] {
    return this.standsFor.get(id) ?? [id];
  }

  private parentOf(id: string): string {
    const { parent } = this.nodes.get(id)!;
    return parent !== null && this.children.has(parent) ? parent : ROOT;
  }

  /** Which node of the first member stands where each node of another does: they have the same form. */
  private pair(ids: string[], first: string[], member: number, memberOf: Map<string, number>, found: Map<string, string>): void {
    const waiting = ids.map((id, i) => [id, first[i] ?? id] as [string, string]);
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      const [id, kept] = at;
      memberOf.set(id, member);
      found.set(id, kept);
      const inside = this.children.get(kept) ?? [];
      (this.children.get(id) ?? []).forEach((child, i) => waiting.push([child, inside[i] ?? child]));
    }
  }

  /** Edges of other members become edges of the first, and what one member hands to another goes. */
  private foldEdges(memberOf: ReadonlyMap<string, number>, counterpart: ReadonlyMap<string, string>): void {
    const touched = new Set<number>();
    for (const id of memberOf.keys()) for (const place of this.places.get(id) ?? []) touched.add(place);
    const seen = new Set<string>();
    for (const place of [...touched].sort((a, b) => a - b)) {
      const edge = this.edges[place];
      if (!edge) continue;
      const [from, to] = [memberOf.get(edge.source), memberOf.get(edge.target)];
      if (from === undefined && to === undefined) continue; // it was folded before, and left these nodes
      this.edges[place] = null;
      if (from !== undefined && to !== undefined && from !== to) continue;
      const folded = { ...edge, source: counterpart.get(edge.source) ?? edge.source, target: counterpart.get(edge.target) ?? edge.target };
      const key = JSON.stringify([folded.source, folded.target, folded.tensor.shape]);
      if (seen.has(key) && (from ?? to) !== 0) continue;
      seen.add(key);
      this.edges[place] = folded;
      this.remember(folded, place);
    }
  }

  private remember({ source, target }: Edge, place: number): void {
    for (const id of [source, target]) {
      const known = this.places.get(id);
      if (known) known.add(place);
      else this.places.set(id, new Set([place]));
    }
  }

  /** Writes on the first member how many there are, and which; a numbered block is called by its class. */
  private mark(id: string, last: string, count: number): void {
    const node = this.nodes.get(id)!;
    const lastName = this.whole.nodeOf(last).name;
    const isGroup = this.children.get(id)!.length > 0 && !node.atomic;
    this.counts.set(id, count);
    if (isGroup && /^\d+$/.test(node.name)) {
      this.spans.set(id, `${id.replace(/#\d+$/, "")}…${lastName}`);
      this.nodes.set(id, { ...node, type: node.type + countMark(count) });
    } else if (node.kind === "op") this.nodes.set(id, { ...node, type: node.type + countMark(count) });
    else this.nodes.set(id, { ...node, name: span(node.name, lastName) + countMark(count) });
    const parent = this.nodes.get(this.parentOf(id))!;
    const isOnly = this.children.get(parent.id)!.length === 1 && parent.id !== ROOT;
    if (isOnly) this.nodes.set(parent.id, { ...parent, type: `${parent.type} · ${count} × ${node.type}` });
  }

  /** Puts a stretch of several nodes into a group of its own, since it is they together that repeat. */
  private gather(first: string[], count: number): void {
    const parent = this.parentOf(first[0]!);
    const id = `${first[0]!}…${first.at(-1)!.split(/[./]/).at(-1)!}`;
    const [head, tail] = [this.nodes.get(first[0]!)!, this.nodes.get(first.at(-1)!)!];
    const group: Node = {
      ...head,
      id,
      kind: "module",
      name: span(withoutCall(head.name), withoutCall(tail.name)) + countMark(count),
      type: `${first.length} together`,
      parent,
      parameters: [],
      attributes: {},
      atomic: false,
      flops: null,
      inputs: head.inputs,
      outputs: tail.outputs,
    };
    this.nodes.set(id, group);
    for (const one of first) this.nodes.set(one, { ...this.nodes.get(one)!, parent: id });
    this.before.set(first[0]!, [...(this.before.get(first[0]!) ?? []), id]);
    const siblings = this.children.get(parent)!;
    siblings.splice(siblings.indexOf(first[0]!), first.length, id);
    this.children.set(id, first);
    this.counts.set(id, count);
    this.made.add(id);
  }
}

/** What stands behind the title of a folded node; its drawing puts a chip behind the figures. */
export function countMark(count: number): string {
  return `\u2002×${count}\u2002`;
}

function withoutCall(name: string): string {
  return name.replace(/#\d+$/, "");
}

/** `layer0…11` for `layer0` and `layer11`; names that share no start are both written. */
function span(first: string, last: string): string {
  if (first === last) return first;
  let shared = 0;
  while (shared < first.length && first[shared] === last[shared] && !/\d/.test(first[shared]!)) shared++;
  return `${first}…${last.slice(shared)}`;
}
