import { ROOT, type GraphIndex, type LiftedEdge } from "../model/graph";

/** The group's own border as an end of a flow. */
export const BORDER = -1;

/** A tensor between two children of a group, each by its place among them, or `BORDER`. */
export interface Flow {
  /** Place in the group's `nets`. */
  net: number;
  from: number;
  to: number;
}

/** Which tensors enter, leave and run inside one open group. Nets have numbers, the same in all groups. */
export interface Flows {
  edges: Flow[];
  inputs: number[];
  outputs: number[];
  /** Nets in the order in which they are met: groups that look alike have the same `edges`. */
  nets: number[];
}

/** The edges of a picture cut at the borders of its open groups. */
export interface CutEdges {
  /** One for each open group, in their order. */
  flows: Flows[];
  /** What carries each net, by its number: see `netOf`. */
  nets: string[];
  /** Pieces of all edges, one edge after another: place of the open group, and place in its `edges`. */
  pieces: number[];
  /** Where the pieces of each edge begin in `pieces`, and at last where they end. */
  starts: number[];
}

/**
 * Cuts every edge at the borders that it crosses, one piece for each group that it runs through.
 *
 * `open` names the open groups, the root first and outer ones before those inside them.
 */
export function cutAtBorders(index: GraphIndex, lifted: readonly LiftedEdge[], open: readonly string[]): CutEdges {
  const tree = new ShownTree(index, open);
  const builders = open.map((id) => new FlowBuilder(index.children(id).length));
  const numbers = new Map<string, number>();
  const cut: CutEdges = { flows: builders.map(({ flows }) => flows), nets: [], pieces: [], starts: [] };
  const { group, place, around, depth } = tree;
  const inward: number[] = [];
  for (const edge of lifted) {
    cut.starts.push(cut.pieces.length);
    const name = netOf(edge);
    let net = numbers.get(name);
    if (net === undefined) {
      numbers.set(name, (net = cut.nets.length));
      cut.nets.push(name);
    }
    const add = (at: number, from: number, to: number): void => {
      cut.pieces.push(at, builders[at]!.add(net, from, to));
    };
    let [from, to] = [tree.numberOf(edge.source), tree.numberOf(edge.target)];
    for (; depth[from]! > depth[to]!; from = around[from]!) add(group[from]!, place[from]!, BORDER);
    for (; depth[to]! > depth[from]!; to = around[to]!) inward.push(to);
    for (; group[from] !== group[to]; from = around[from]!, to = around[to]!) {
      add(group[from]!, place[from]!, BORDER);
      inward.push(to);
    }
    add(group[from]!, place[from]!, place[to]!);
    for (let at = inward.pop(); at !== undefined; at = inward.pop()) add(group[at]!, BORDER, place[at]!);
  }
  cut.starts.push(cut.pieces.length);
  return cut;
}

/** Edges of one net share their way: those that carry what one node made, in one role. */
export function netOf(edge: LiftedEdge): string {
  return edge.role === "forward" ? edge.source : `${edge.role} ${edge.source}`;
}

/** What is shown, by number: in which open group, at which place there, and how deep. */
class ShownTree {
  /** The place of the open group that holds each. */
  readonly group: number[] = [-1];
  readonly place: number[] = [-1];
  /** The number of the group that holds each. */
  readonly around: number[] = [-1];
  readonly depth: number[] = [0];
  private readonly numbers = new Map([[ROOT, 0]]);

  constructor(index: GraphIndex, open: readonly string[]) {
    open.forEach((id, at) => {
      const number = this.numbers.get(id)!;
      const depth = this.depth[number]! + 1;
      index.children(id).forEach((child, place) => {
        this.numbers.set(child, this.group.length);
        this.group.push(at);
        this.place.push(place);
        this.around.push(number);
        this.depth.push(depth);
      });
    });
  }

  numberOf(id: string): number {
    return this.numbers.get(id)!;
  }
}

class FlowBuilder {
  readonly flows: Flows = { edges: [], inputs: [], outputs: [], nets: [] };
  /** Places of nets in this group, by their number. */
  private readonly places = new Map<number, number>();
  /** Places of edges by what they are, as one number. */
  private readonly known = new Map<number, number>();
  private readonly inputs = new Set<number>();
  private readonly outputs = new Set<number>();

  constructor(private readonly size: number) {}

  add(net: number, from: number, to: number): number {
    const { flows, size } = this;
    let place = this.places.get(net);
    if (place === undefined) {
      this.places.set(net, (place = flows.nets.length));
      flows.nets.push(net);
    }
    const key = (place * (size + 1) + from + 1) * (size + 1) + to + 1;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    if (from === BORDER) remember(this.inputs, flows.inputs, net);
    if (to === BORDER) remember(this.outputs, flows.outputs, net);
    this.known.set(key, flows.edges.length);
    return flows.edges.push({ net: place, from, to }) - 1;
  }
}

function remember(known: Set<number>, list: number[], net: number): void {
  if (known.has(net)) return;
  known.add(net);
  list.push(net);
}
