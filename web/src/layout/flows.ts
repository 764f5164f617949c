import { ROOT, type GraphIndex, type LiftedEdge } from "../model/graph";

/** A tensor between two children of a group; null stands for the group's own border. */
export interface Flow {
  net: string;
  from: string | null;
  to: string | null;
}

/** Which tensors enter, leave and run inside one open group. A net is named by `netOf` its edges. */
export interface Flows {
  edges: Flow[];
  inputs: string[];
  outputs: string[];
  nets: string[];
  /** For each edge of the whole picture, its pieces: group, and place in that group's `edges`. */
  paths: Map<LiftedEdge, [group: string, index: number][]>;
}

/** Cuts every edge at the borders that it crosses, one piece for each group that it runs through. */
export function collectFlows(
  index: GraphIndex,
  lifted: readonly LiftedEdge[],
  open: readonly string[],
): Map<string, Flows> {
  const paths: Flows["paths"] = new Map();
  const builders = new Map(open.map((id) => [id, new FlowBuilder(paths)]));
  const groupsAround = groupFinder(index);
  for (const edge of lifted) {
    const pieces: [string, number][] = [];
    const [outward, inward] = [groupsAround(edge.source), groupsAround(edge.target)];
    let shared = 0;
    while (outward[shared + 1] !== undefined && outward[shared + 1] === inward[shared + 1]) shared++;
    const add = (group: string, from: string | null, to: string | null): void => {
      pieces.push([group, builders.get(group)!.add({ net: netOf(edge), from, to })]);
    };
    for (let k = outward.length - 1; k > shared; k--) add(outward[k]!, outward[k + 1] ?? edge.source, null);
    add(outward[shared]!, outward[shared + 1] ?? edge.source, inward[shared + 1] ?? edge.target);
    for (let k = shared + 1; k < inward.length; k++) add(inward[k]!, null, inward[k + 1] ?? edge.target);
    paths.set(edge, pieces);
  }
  return new Map([...builders].map(([id, builder]) => [id, builder.flows]));
}

/** Edges of one net share their way: those that carry what one node made, in one role. */
export function netOf(edge: LiftedEdge): string {
  return edge.role === "forward" ? edge.source : `${edge.role} ${edge.source}`;
}

/** Finds the groups around a node, the root first; siblings share the answer. */
function groupFinder(index: GraphIndex): (id: string) => readonly string[] {
  const known = new Map<string, readonly string[]>();
  return (id) => {
    const parent = index.parent(id) ?? ROOT;
    const found = known.get(parent) ?? [ROOT, ...index.ancestors(id).reverse()];
    known.set(parent, found);
    return found;
  };
}

class FlowBuilder {
  readonly flows: Flows;
  /** Places of pieces by net, by where they come from and by where they go; the border is "". */
  private readonly places = new Map<string, Map<string, Map<string, number>>>();
  private readonly inputs = new Set<string>();
  private readonly outputs = new Set<string>();

  constructor(paths: Flows["paths"]) {
    this.flows = { edges: [], inputs: [], outputs: [], nets: [], paths };
  }

  add(flow: Flow): number {
    const { net, from, to } = flow;
    let ofNet = this.places.get(net);
    if (!ofNet) {
      this.places.set(net, (ofNet = new Map()));
      this.flows.nets.push(net);
    }
    let targets = ofNet.get(from ?? "");
    if (!targets) ofNet.set(from ?? "", (targets = new Map()));
    const known = targets.get(to ?? "");
    if (known !== undefined) return known;
    if (from === null) remember(this.inputs, this.flows.inputs, net);
    if (to === null) remember(this.outputs, this.flows.outputs, net);
    const place = this.flows.edges.push(flow) - 1;
    targets.set(to ?? "", place);
    return place;
  }
}

function remember(known: Set<string>, list: string[], net: string): void {
  if (known.has(net)) return;
  known.add(net);
  list.push(net);
}
