/** What of a graph is drawn: equal blocks as one, and no trivial ops, where that is wanted. */

import type { Graph, Node } from "../generated/document";
import { labelNode } from "../layout/label";
import { isOfEnds, sharedPath, spanOf, type Fold } from "./fold";
import { ROOT, type GraphIndex, GraphIndex as Index, type JoinedEdge, type NodeLook } from "./graph";
import { withoutTrivial } from "./trivial";

/** Folds of up to this many single groups need no frame of their own: the member stands for the fold. */
export const MOST_INLINE = 4;
/** Sheets that are seen behind a fold, and how far apart. */
const MOST_SHEETS = 3;
export const SHEET_STEP = 5;
const CHIP_ROOM = { least: 30, digit: 7 };
/** For the least, the median and the greatest number of the members. */
const SPREAD_ROOM = 72;
export const INLINE_CELL = { width: 34, gap: 4 };

/** A fold as it is drawn: with one member, which stands for all. */
export interface DrawnFold {
  fold: Fold;
  /** Which member is drawn. */
  member: number;
  /** Whether the member has no box of its own. */
  inline: boolean;
  /** How many sheets are seen behind it. */
  sheets: number;
}

export interface Drawing {
  folds: readonly Fold[];
  /** Which member of a fold is drawn; the first where nothing is said. */
  chosen: ReadonlyMap<string, number>;
  hideTrivial: boolean;
}

/** Everything by itself. */
const WHOLE: Drawing = { folds: [], chosen: new Map(), hideTrivial: false };

/**
 * A graph in which every fold is one group with one member inside.
 *
 * Members are laid on the one that is drawn: an edge that ends in a hidden member ends at the
 * counterpart in the drawn one, and what one member hands to another is the fold's own and has no
 * edge. So what goes into the first member goes into the fold, and what the last puts out leaves
 * it. Such an edge says in `through` which folds it passes.
 */
export class DrawnGraph {
  /** For the layout. Its ids are those of nodes, and of folds. */
  readonly index: GraphIndex;
  /** Folds that can be seen, by id. */
  readonly folds: ReadonlyMap<string, DrawnFold>;
  private readonly hiddenIn = new Map<string, { fold: string; member: number }>();
  /** Counterparts of hidden nodes in the member that is drawn. */
  private readonly images = new Map<string, string>();
  /** Members that have no box of their own, with their fold. */
  private readonly inlined = new Map<string, string>();

  constructor(
    readonly source: GraphIndex,
    drawing: Drawing = WHOLE,
  ) {
    this.folds = this.chooseMembers(drawing);
    const folded = this.folds.size > 0 ? this.folded() : source;
    this.index = drawing.hideTrivial ? withoutTrivial(folded) : folded;
  }

  /** What is drawn for a node of the source: itself, its fold, or the group that it is left out of. */
  drawn(id: string): string {
    const hidden = this.hiddenIn.get(id);
    if (hidden) return hidden.fold;
    let at = this.inlined.get(id) ?? id;
    while (at !== ROOT && !this.index.has(at)) at = this.source.parent(at) ?? ROOT;
    return this.inlined.get(at) ?? at;
  }

  /** The fold and the member that have to be chosen first for a node to be drawn. */
  hidden(id: string): { fold: string; member: number } | null {
    return this.hiddenIn.get(id) ?? null;
  }

  /** The node of the source that something drawn stands for: of a fold, the member that is drawn. */
  real(id: string): string {
    const drawn = this.folds.get(id);
    return drawn ? drawn.fold.members[drawn.member]![0]! : id;
  }

  /** The nodes that something drawn stands for: those of the drawn member of a fold, or itself. */
  nodesOf(id: string): readonly string[] {
    const drawn = this.folds.get(id);
    return drawn ? drawn.fold.members[drawn.member]! : [id];
  }

  /** The fold whose drawn member holds this node or is it; the innermost one. */
  foldAround(id: string): DrawnFold | null {
    const start = this.drawn(id);
    for (const at of [start, ...this.index.ancestors(start)]) {
      const drawn = this.folds.get(at);
      if (drawn) return drawn;
    }
    return null;
  }

  private chooseMembers({ folds, chosen }: Drawing): Map<string, DrawnFold> {
    const drawn = new Map<string, DrawnFold>();
    for (const fold of folds) {
      if (this.images.has(fold.members[0]![0]!)) continue; // inside a member that is not drawn
      const member = Math.min(chosen.get(fold.id) ?? 0, fold.members.length - 1);
      const shown = fold.contents[member]!;
      fold.contents.forEach((ids, k) => {
        if (k === member) return;
        ids.forEach((id, i) => {
          this.images.set(id, shown[i]!);
          this.hiddenIn.set(id, { fold: fold.id, member: k });
        });
      });
      const inline = this.isInline(fold, member);
      if (inline) this.inlined.set(fold.members[member]![0]!, fold.id);
      drawn.set(fold.id, { fold, member, inline, sheets: Math.min(MOST_SHEETS, fold.members.length - 1) });
    }
    return drawn;
  }

  private isInline(fold: Fold, member: number): boolean {
    const [only, ...more] = fold.members[member]!;
    return more.length === 0 && fold.members.length <= MOST_INLINE && this.source.isOpenedByAll(only!);
  }

  /** The counterpart that is drawn, through folds within folds. */
  private image(id: string): string {
    let at = id;
    for (let next = this.images.get(at); next !== undefined; next = this.images.get(at)) at = next;
    return at;
  }

  private folded(): GraphIndex {
    const holders = this.holders();
    const nodes = new Map<string, Node>();
    const begun = new Set<string>();
    const begin = (id: string): void => {
      if (begun.has(id)) return;
      begun.add(id);
      const parent = holders.get(id)!;
      if (this.folds.has(parent)) begin(parent);
      nodes.set(id, this.foldNode(this.folds.get(id)!, parent));
    };
    for (const [id, node] of this.source.nodes) {
      if (this.images.has(id)) continue;
      const holder = holders.get(id);
      if (holder !== undefined && this.folds.has(holder)) begin(holder);
      if (this.inlined.has(id)) continue;
      const parent = holder ?? (node.parent === null ? null : (this.inlined.get(node.parent) ?? node.parent));
      nodes.set(id, parent === node.parent ? node : { ...node, parent });
    }
    const graph: Graph = { ...this.source.graph, nodes: Object.fromEntries(nodes), edges: this.foldedEdges() };
    return new Index(graph, this.looks());
  }

  /** Parents of drawn members and of folds, where these are not the ones of the source. */
  private holders(): Map<string, string> {
    const holders = new Map<string, string>();
    for (const [id, { fold, member }] of this.folds) {
      const inside = fold.members[member]!;
      const outer = holders.get(inside[0]!) ?? this.inlined.get(fold.parent) ?? fold.parent;
      holders.set(id, outer);
      for (const node of inside) holders.set(node, id);
    }
    return holders;
  }

  private foldNode({ fold, member }: DrawnFold, parent: string): Node {
    const first = this.source.nodeOf(fold.members[member]![0]!);
    const types = fold.members[member]!.map((id) => this.source.nodeOf(id).type);
    return {
      ...first, id: fold.id, kind: "module", name: types.join(", "), type: types.join(", "), parent,
      parameters: [], attributes: {}, flops: null, source: null, atomic: false, aten: [],
    };
  }

  /** Every edge with its ends on drawn nodes, each once; without those from member to member. */
  private foldedEdges(): JoinedEdge[] {
    const pairs = new Map<string, Set<string>>();
    const seen = this.source.graph.edges.map((edge) => ({ edge, through: this.passes(edge.source, edge.target) }));
    for (const { edge, through } of seen) if (through?.length === 0) remember(pairs, edge.source, edge.target);
    return seen.flatMap(({ edge, through }) => {
      if (through === null) return [];
      if (through.length === 0) return [edge];
      const [source, target] = [this.image(edge.source), this.image(edge.target)];
      return remember(pairs, source, target) ? [{ ...edge, source, target, through }] : [];
    });
  }

  /** The folds that an edge passes; null for one that runs inside hidden members or between members. */
  private passes(source: string, target: string): string[] | null {
    const [from, to] = [this.hiddenIn.get(source), this.hiddenIn.get(target)];
    if (!from && !to) return [];
    const through = new Set<string>();
    let [a, b] = [source, target];
    for (;;) {
      const [left, right] = [this.hiddenIn.get(a), this.hiddenIn.get(b)];
      if (!left && !right) break;
      const fold = this.outermost(left?.fold, right?.fold);
      const inBoth = this.memberOf(fold, a) !== null && this.memberOf(fold, b) !== null;
      if (inBoth) return null;
      through.add(fold);
      if (left?.fold === fold) a = this.images.get(a)!;
      if (right?.fold === fold) b = this.images.get(b)!;
    }
    return [...through];
  }

  private outermost(a: string | undefined, b: string | undefined): string {
    if (a === undefined || b === undefined) return (a ?? b)!;
    for (const id of this.folds.keys()) if (id === a || id === b) return id; // outer ones come first
    return a;
  }

  /** Which member of a fold a node lies in; null when in none. */
  private memberOf(id: string, node: string): number | null {
    const hidden = this.hiddenIn.get(node);
    if (hidden?.fold === id) return hidden.member;
    const { fold, member } = this.folds.get(id)!;
    let at: string | null = node;
    while (at !== null && this.source.parent(at) !== fold.parent) at = this.source.parent(at);
    return at !== null && fold.members[member]!.includes(at) ? member : null;
  }

  private looks(): Map<string, NodeLook> {
    const looks = new Map<string, NodeLook>();
    for (const { fold, member, inline, sheets } of this.folds.values()) {
      const [title, detail] = this.wordsOf(fold, member);
      const [only, ...more] = fold.members[member]!;
      const cells = fold.members.length * (INLINE_CELL.width + INLINE_CELL.gap) + 8;
      looks.set(fold.id, {
        title,
        detail,
        room: CHIP_ROOM.least + CHIP_ROOM.digit * String(fold.members.length).length + SPREAD_ROOM,
        strip: true,
        staysClosed: more.length === 0 && !this.source.isOpenedByAll(only!),
        beyond: SHEET_STEP * sheets,
        ...(inline && { headDetail: fold.members[member]![0]!, right: cells }),
      });
      if (fold.parent !== ROOT) looks.set(fold.parent, labelNode(this.source, fold.parent));
    }
    return looks;
  }

  /** What a fold is called, and where its members are; of ends, which they are and their shape. */
  private wordsOf(fold: Fold, member: number): [title: string, detail: string] {
    if (!isOfEnds(fold, this.source)) {
      const types = [...new Set(fold.members[member]!.map((id) => this.source.nodeOf(id).type))];
      return [types.join(", "), sharedPath(fold)];
    }
    const [first, last] = [fold.members[0]![0]!, fold.members.at(-1)![0]!].map((id) => labelNode(this.source, id));
    return [spanOf(first!.title, last!.title), first!.detail];
  }
}

/** Notes a pair; false when it was known. */
function remember(pairs: Map<string, Set<string>>, source: string, target: string): boolean {
  const known = pairs.get(source) ?? new Set<string>();
  pairs.set(source, known);
  const fresh = !known.has(target);
  known.add(target);
  return fresh;
}
