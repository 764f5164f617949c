// Measures the layout: how long it takes and how well it reads, beside other programs' layouts.
import type { Graph } from "../src/generated/document";
import type { Measure } from "../src/layout/label";
import { LayoutEngine, type Layout } from "../src/layout/layout";
import { drawingOf, qualityOf, type Quality } from "../src/layout/testing/quality";
import { GraphIndex, ROOT } from "../src/model/graph";
import { layoutWithDagre, layoutWithElk } from "./others";

const measure: Measure = (text) => text.length * 6.5;

/** What laying out one graph with every group open costs and gives. */
export interface Figures extends Quality {
  nodes: number;
  edges: number;
  blocks: number;
  /** The first layout of an engine: the fastest of several engines. */
  cold_ms: number;
  /** Another layout by an engine that knows the blocks, as after a click: the fastest of several. */
  warm_ms: number;
  /** Width over that of the widest row of boxes, where each group is as wide as its widest row. */
  width_ratio: number;
}

/** Our layout, and those of other programs with what they did not manage as text. */
export interface Comparison {
  own: Figures;
  others: Record<string, (Quality & { ms: number }) | { error: string }>;
}

/** Lays a graph out with every group open, `rounds` times; with others only if asked, as they are slow. */
export async function compareLayouts(graph: Graph, rounds: number, withOthers: boolean): Promise<Comparison> {
  const index = new GraphIndex(graph);
  const { layout, figures } = measureOwn(index, rounds);
  const others: Comparison["others"] = {};
  const programs = { elk: layoutWithElk, dagre: layoutWithDagre };
  for (const [name, program] of withOthers ? Object.entries(programs) : []) {
    try {
      const { ms, drawing } = await program(index, layout);
      others[name] = { ms, ...qualityOf(drawing) };
    } catch (error) {
      others[name] = { error: String(error) };
    }
  }
  return { own: figures, others };
}

function measureOwn(index: GraphIndex, rounds: number): { layout: Layout; figures: Figures } {
  const open = new Set(index.groups());
  let [cold_ms, warm_ms] = [Infinity, Infinity];
  for (let round = 1; ; round++) {
    const engine = new LayoutEngine(index, { measure, parameterCount: () => 0 });
    const began = performance.now();
    const layout = engine.layout(open);
    const between = performance.now();
    engine.layout(open);
    cold_ms = Math.min(cold_ms, between - began);
    warm_ms = Math.min(warm_ms, performance.now() - between);
    if (round < rounds) continue;
    const figures = {
      nodes: layout.nodes.filter((node) => node.box).length,
      edges: layout.edges.length,
      blocks: engine.blocksLaidOut,
      cold_ms,
      warm_ms,
      width_ratio: layout.width / neededWidth(index, layout),
      ...qualityOf(drawingOf(index, layout)),
    };
    return { layout, figures };
  }
}

/** The width of the widest row of boxes with the usual gaps, where groups are no wider than theirs. */
function neededWidth(index: GraphIndex, layout: Layout): number {
  const rows = new Map<string, Map<number, number>>();
  for (const node of [...layout.nodes].reverse()) {
    const inner = rows.get(node.id);
    const width = inner ? Math.max(...inner.values()) + 32 : node.width;
    const parent = index.parent(node.id)!;
    const siblings = rows.get(parent) ?? new Map<number, number>();
    rows.set(parent, siblings);
    const row = Math.round(node.y + node.height / 2);
    const before = siblings.get(row);
    siblings.set(row, width + (before === undefined ? 0 : before + 22));
  }
  return Math.max(...rows.get(ROOT)!.values());
}
