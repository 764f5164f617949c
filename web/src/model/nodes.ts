/** The graph with its groups: who is in what, and which edges show when some groups are open. */

import type { Edge, Graph, Node } from "../generated/document";

export const ROOT = ".";

export interface LiftedEdge {
  source: string;
  target: string;
  /** Edges between the innermost nodes that this one stands for. */
  edges: Edge[];
}

export class GraphIndex {
  readonly nodes: Map<string, Node>;
  private readonly inside = new Map<string, string[]>();

  constructor(readonly graph: Graph) {
    this.nodes = new Map(Object.entries(graph.nodes));
    for (const node of this.nodes.values()) {
      const parent = node.parent ?? "";
      const list = this.inside.get(parent);
      if (list) list.push(node.id);
      else this.inside.set(parent, [node.id]);
    }
  }

  node(id: string): Node | undefined {
    return this.nodes.get(id);
  }

  /** Ids of the nodes directly inside a module call, in execution order. */
  children(id: string): readonly string[] {
    return this.inside.get(id) ?? [];
  }

  /** Whether a node holds others and so can be opened. */
  isGroup(id: string): boolean {
    return id !== ROOT && this.nodes.get(id)?.kind === "module" && this.children(id).length > 0;
  }

  /** Whether "open all" opens it: torch.nn modules stay closed unless opened by name. */
  isOpenedByAll(id: string): boolean {
    return this.isGroup(id) && !this.nodes.get(id)!.atomic;
  }

  /** Ids of the module calls around a node, innermost first, without the model itself. */
  ancestors(id: string): string[] {
    const found: string[] = [];
    let parent = this.nodes.get(id)?.parent ?? null;
    while (parent !== null && parent !== ROOT) {
      found.push(parent);
      parent = this.nodes.get(parent)?.parent ?? null;
    }
    return found;
  }

  /** The node and everything inside it, at any depth. */
  withDescendants(id: string): string[] {
    const found: string[] = [];
    const stack = [id];
    while (stack.length) {
      const next = stack.pop()!;
      found.push(next);
      const children = this.children(next);
      for (let i = children.length - 1; i >= 0; i--) stack.push(children[i]!);
    }
    return found;
  }

  /** The node that shows for this one when only `open` groups are open. */
  shown(id: string, open: ReadonlySet<string>): string {
    let shown = id;
    for (const ancestor of this.ancestors(id)) if (!open.has(ancestor)) shown = ancestor;
    return shown;
  }

  /** Children of the model (under "") and of every open group that shows. */
  visibleGroups(open: ReadonlySet<string>): Map<string, string[]> {
    const groups = new Map<string, string[]>();
    const stack = [ROOT];
    while (stack.length) {
      const id = stack.pop()!;
      const children = [...this.children(id)];
      groups.set(id === ROOT ? "" : id, children);
      for (const child of children) if (this.isGroup(child) && open.has(child)) stack.push(child);
    }
    return groups;
  }

  /** Edges between the nodes that show; those inside a closed group are left out. */
  liftedEdges(open: ReadonlySet<string>): LiftedEdge[] {
    const shownOf = new Map<string, string>();
    const shown = (id: string): string => {
      let found = shownOf.get(id);
      if (found === undefined) shownOf.set(id, (found = this.shown(id, open)));
      return found;
    };
    const lifted = new Map<string, LiftedEdge>();
    for (const edge of this.graph.edges) {
      const [source, target] = [shown(edge.source), shown(edge.target)];
      if (source === target) continue;
      const key = `${source}\u0000${target}`;
      const known = lifted.get(key);
      if (known) known.edges.push(edge);
      else lifted.set(key, { source, target, edges: [edge] });
    }
    return [...lifted.values()];
  }
}
