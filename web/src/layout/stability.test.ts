import { describe, expect, it } from "vitest";
import type { Graph } from "../generated/document";
import { GraphIndex } from "../model/graph";
import { LayoutEngine, type Layout, type LayoutNode } from "./layout";
import { measure, randomGraph, residualNetwork, transformer, wildGraph } from "./testing/graphs";

interface Changes {
  pairs: number;
  exchanged: string[];
}

/** Opens each group while its surroundings and every second other group are open; counts siblings that change sides. */
function changesOnOpening(graph: Graph): Changes {
  const index = new GraphIndex(graph);
  const engine = new LayoutEngine(index, { measure, parameterCount: () => 0 });
  const groups = index.groups();
  const changes: Changes = { pairs: 0, exchanged: [] };
  for (const target of groups) {
    const around = index.ancestors(target);
    const open = groups.filter((id, i) => id !== target && (around.includes(id) || i % 2 === 0));
    compare(index, engine.layout(new Set(open)), engine.layout(new Set([...open, target])), changes);
  }
  return changes;
}

function compare(index: GraphIndex, before: Layout, after: Layout, changes: Changes): void {
  const later = new Map(after.nodes.map((node) => [node.id, node]));
  for (const a of before.nodes) {
    for (const b of before.nodes) {
      if (a.id >= b.id || index.parent(a.id) !== index.parent(b.id)) continue;
      const side = sideOf(a, b);
      if (side === 0) continue;
      changes.pairs++;
      if (sideOf(later.get(a.id)!, later.get(b.id)!) === -side) changes.exchanged.push(`${a.id} and ${b.id}`);
    }
  }
}

/** -1 where a stands left of b in about one row, 1 where it stands right of it, else 0. */
function sideOf(a: LayoutNode, b: LayoutNode): number {
  if (a.y >= b.y + b.height || b.y >= a.y + a.height) return 0;
  return a.x + a.width <= b.x ? -1 : b.x + b.width <= a.x ? 1 : 0;
}

describe("opening a group", () => {
  it.each([
    ["residual blocks", residualNetwork(4)],
    ["a transformer", transformer(2)],
    ["ops in order", randomGraph(60, 3)],
  ])("lets no two siblings change sides in %s", (_, graph) => {
    expect(changesOnOpening(graph).exchanged).toEqual([]);
  });

  it("lets most siblings keep their sides even in graphs without any order", () => {
    const all = [1, 2, 3].map((seed) => changesOnOpening(wildGraph(45, seed)));
    const pairs = all.reduce((sum, one) => sum + one.pairs, 0);
    const exchanged = all.reduce((sum, one) => sum + one.exchanged.length, 0);
    expect(pairs).toBeGreaterThan(50);
    expect(exchanged / pairs).toBeLessThan(0.35);
  });

  it("and closing it again gives the same picture", () => {
    const index = new GraphIndex(wildGraph(45, 2));
    const engine = new LayoutEngine(index, { measure, parameterCount: () => 0 });
    const [first, ...others] = index.groups();
    const before = engine.layout(new Set(others));
    engine.layout(new Set([first!, ...others]));
    expect(engine.layout(new Set(others))).toEqual(before);
  });
});
