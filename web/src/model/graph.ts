import type { Edge, Graph, Node } from "../generated/document";

/** Node id of the model itself: the group that is the canvas. */
export const ROOT = ".";

/** What a tensor is for: the forward pass, a gradient on its way back, or kept from one for the other. */
export type EdgeRole = "forward" | "gradient" | "saved";

/** Tensors that flow between two nodes as they are drawn, and the first role of them in `ROLES`. */
export interface LiftedEdge {
  source: string;
  target: string;
  tensors: Edge["tensor"][];
  role: EdgeRole;
  /** What lies between the two ends and is not drawn: members of folds, by the fold, and hidden ops. */
  through?: readonly string[];
}

/** An edge of a graph from which something was left out: what it runs through. */
export interface JoinedEdge extends Edge {
  through?: readonly string[];
}

/** How a node is drawn where its own words do not say it: a fold, or a group that holds one. */
export interface NodeLook {
  title: string;
  detail: string;
  /** The detail while the group is open. */
  headDetail?: string;
  /** Room behind the words, in CSS pixels. */
  room?: number;
  /** Room at the right of the head line, in place of the number of parameters. */
  right?: number;
  /** A closed group with a strip of colours, whatever is inside. */
  strip?: boolean;
  /** Whether it stays as it is when everything is opened: what is inside says no more. */
  staysClosed?: boolean;
  /** Room at the right of the node and under it, in CSS pixels, for the sheets of a fold. */
  beyond?: number;
}

const ROLES: readonly EdgeRole[] = ["forward", "gradient", "saved"];

const NO_CHILDREN: readonly string[] = [];

/** Answers where a node stands in the tree of module calls, and what is seen of it. */
export class GraphIndex {
  readonly graph: Graph;
  /** All nodes by id, in execution order. */
  readonly nodes: ReadonlyMap<string, Node>;
  /** Looks of nodes that are not drawn by their own words alone. */
  readonly looks: ReadonlyMap<string, NodeLook>;
  private readonly childIds = new Map<string, string[]>();
  private readonly parents = new Map<string, string>();
  private readonly depths = new Map<string, number>();
  private withParameters: ReadonlySet<string> | null = null;
  private withLayers: ReadonlySet<string> | null = null;

  /** A node whose parent is missing or leads back to itself hangs on the root: it stays visible. */
  constructor(graph: Graph, looks: ReadonlyMap<string, NodeLook> = new Map()) {
    this.graph = graph;
    this.looks = looks;
    this.nodes = new Map(inExecutionOrder(Object.entries(graph.nodes)));
    for (const [id, node] of this.nodes) {
      if (id === ROOT) continue;
      this.parents.set(id, node.parent !== null && this.has(node.parent) ? node.parent : ROOT);
    }
    for (const id of this.parents.keys()) this.findDepth(id);
    for (const [id, parent] of this.parents) {
      const siblings = this.childIds.get(parent);
      if (siblings) siblings.push(id);
      else this.childIds.set(parent, [id]);
    }
  }

  /** The node with this id, which may come from elsewhere and name none. */
  node(id: string): Node | undefined {
    return this.nodes.get(id);
  }

  /** The node with an id that the graph itself gave. @throws Error when there is none. */
  nodeOf(id: string): Node {
    const node = this.nodes.get(id);
    if (!node) throw new Error(`the graph has no node ${JSON.stringify(id)}; ids are the keys of graph.nodes`);
    return node;
  }

  has(id: string): boolean {
    return this.nodes.has(id);
  }

  /** Ids of the nodes directly inside, in execution order. */
  children(id: string): readonly string[] {
    return this.childIds.get(id) ?? NO_CHILDREN;
  }

  /** Whether the node can be opened. */
  isGroup(id: string): boolean {
    return id !== ROOT && this.childIds.has(id);
  }

  /** Whether "expand all" opens it: a layer of one or two ops stays a box until it is opened itself. */
  isOpenedByAll(id: string): boolean {
    return this.isGroup(id) && !this.nodeOf(id).atomic && !this.looks.get(id)?.staysClosed;
  }

  parent(id: string): string | null {
    return this.parents.get(id) ?? null;
  }

  /** Ids of the groups around a node, innermost first, without the model itself. */
  ancestors(id: string): string[] {
    const found: string[] = [];
    for (let at = this.parent(id); at !== null && at !== ROOT; at = this.parent(at)) found.push(at);
    return found;
  }

  /** How many groups are around a node: 1 for what stands directly on the canvas. */
  depth(id: string): number {
    return this.depths.get(id) ?? 0;
  }

  /** Every node inside a group, at any depth, in execution order. */
  descendants(id: string): string[] {
    const found: string[] = [];
    const waiting = [...this.children(id)].reverse();
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      found.push(at);
      const inside = this.children(at);
      for (let i = inside.length - 1; i >= 0; i--) waiting.push(inside[i]!);
    }
    return found;
  }

  /** A node and every node inside it, at any depth. */
  withDescendants(id: string): string[] {
    return [id, ...this.descendants(id)];
  }

  /** Ids of the op calls inside a group, at any depth, in execution order. */
  operations(id: string = ROOT): string[] {
    return this.descendants(id).filter((inner) => this.nodeOf(inner).kind === "op");
  }

  /** Whether the node or anything inside it has parameters of its own. */
  hasParameters(id: string): boolean {
    this.withParameters ??= this.around((node) => node.parameters.length > 0);
    return this.withParameters.has(id);
  }

  /** Whether modules inside a group have parameters, so that it has layers to show in a strip. */
  hasLayers(id: string): boolean {
    this.withLayers ??= this.around((node) => node.kind === "module" && node.parameters.length > 0);
    return this.children(id).some((child) => this.withLayers!.has(child));
  }

  /** The nodes of which something is true, and all that is around them. */
  private around(isWanted: (node: Node) => boolean): ReadonlySet<string> {
    const found = new Set<string>();
    for (const [id, node] of this.nodes) {
      if (!isWanted(node)) continue;
      for (let at: string | null = id; at !== null && !found.has(at); at = this.parent(at)) found.add(at);
    }
    return found;
  }

  /** All groups, outer ones before the groups inside them. */
  groups(): string[] {
    return this.descendants(ROOT).filter((id) => this.isGroup(id));
  }

  /** Ids of what is drawn when these groups are open: open groups and closed ones or leaves. */
  visible(expanded: ReadonlySet<string>): string[] {
    const found: string[] = [];
    const waiting = [...this.children(ROOT)].reverse();
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      found.push(at);
      if (!expanded.has(at)) continue;
      const inside = this.children(at);
      for (let i = inside.length - 1; i >= 0; i--) waiting.push(inside[i]!);
    }
    return found;
  }

  /** What is drawn in place of a node: the outermost closed group around it, or the node. */
  shown(id: string, expanded: ReadonlySet<string>): string {
    let seen = id;
    for (const group of this.ancestors(id)) if (!expanded.has(group)) seen = group;
    return seen;
  }

  /**
   * The edges between what is drawn when these groups are open, one for each pair of ends.
   *
   * Edges that run inside a closed group are not seen. Order is that of the graph's edges.
   */
  liftEdges(expanded: ReadonlySet<string>): LiftedEdge[] {
    const ends = new Map<string, string>([[ROOT, ROOT]]);
    const path: string[] = [];
    const endOf = (id: string): string => {
      let end = ends.get(id);
      for (let at = id; end === undefined; end = ends.get(at)) {
        path.push(at);
        at = this.parents.get(at) ?? ROOT;
      }
      // what is drawn for the group around is drawn for what is inside, unless it is that group, and open
      for (let at = path.pop(); at !== undefined; at = path.pop()) {
        const parent = this.parents.get(at) ?? ROOT;
        if (parent === ROOT || (end === parent && expanded.has(parent))) end = at;
        ends.set(at, end);
      }
      return end;
    };
    const lifted = new Map<string, Map<string, LiftedEdge>>();
    const inOrder: LiftedEdge[] = [];
    for (const edge of this.graph.edges as readonly JoinedEdge[]) {
      const [from, to] = [this.nodes.get(edge.source), this.nodes.get(edge.target)];
      if (!from || !to) continue;
      const source = endOf(edge.source);
      const target = endOf(edge.target);
      if (source === target || source === ROOT || target === ROOT) continue;
      const role = roleOf(from, to);
      let ofSource = lifted.get(source);
      if (!ofSource) lifted.set(source, (ofSource = new Map()));
      const known = ofSource.get(target);
      if (known) {
        known.tensors.push(edge.tensor);
        if (ROLES.indexOf(role) < ROLES.indexOf(known.role)) known.role = role;
        // one that runs straight is there, so the line is true as it stands
        if (known.through && !edge.through) delete known.through;
        continue;
      }
      const fresh: LiftedEdge = { source, target, tensors: [edge.tensor], role };
      if (edge.through) fresh.through = edge.through;
      ofSource.set(target, fresh);
      inOrder.push(fresh);
    }
    return inOrder;
  }

  private findDepth(id: string): void {
    const path: string[] = [];
    const onPath = new Set<string>();
    let at = id;
    while (at !== ROOT && !this.depths.has(at)) {
      if (onPath.has(at)) {
        this.parents.set(at, ROOT);
        break;
      }
      path.push(at);
      onPath.add(at);
      at = this.parents.get(at) ?? ROOT;
    }
    for (const node of path.reverse()) {
      this.depths.set(node, (this.depths.get(this.parents.get(node) ?? ROOT) ?? 0) + 1);
    }
  }
}

function roleOf(from: Node, to: Node): EdgeRole {
  if (to.kind !== "backward") return "forward";
  return from.kind === "backward" || from.kind === "output" ? "gradient" : "saved";
}

/** JavaScript puts keys that look like numbers first, as the modules of a plain `Sequential` have. */
function inExecutionOrder(entries: [string, Node][]): [string, Node][] {
  const isMixed = entries.some(([id]) => /^\d+$/.test(id));
  return isMixed ? entries.sort(([, a], [, b]) => a.order - b.order) : entries;
}
