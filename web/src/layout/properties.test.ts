import { describe, expect, it } from "vitest";
import type { Graph } from "../generated/document";
import { GraphIndex, ROOT } from "../model/graph";
import { LayoutEngine, type Layout, type LayoutNode } from "./layout";
import { branches, denseNetwork, measure, randomGraph, residualNetwork, transformer, unrolled, wildGraph } from "./testing/graphs";
import { drawingOf, linesThroughBoxes, qualityOf } from "./testing/quality";
import type { Direction } from "./types";

const SEEDS = Array.from({ length: 8 }, (_, i) => i + 1);

const GRAPHS: [string, () => Graph][] = [
  ["residual blocks", () => residualNetwork(3)],
  ["a transformer", () => transformer(4)],
  ["60 branches of one op", () => branches(60, 1)],
  ["40 branches of three ops", () => branches(40, 3)],
  ["500 branches of one op", () => branches(500, 1)],
  ["densely joined layers", () => denseNetwork(12)],
  ["a cell called 60 times", () => unrolled(60)],
  ...SEEDS.map((seed): [string, () => Graph] => [`120 ops in order, seed ${seed}`, () => randomGraph(120, seed)]),
  ...SEEDS.map((seed): [string, () => Graph] => [`70 wild ops, seed ${seed}`, () => wildGraph(70, seed)]),
];

const DIRECTIONS: Direction[] = ["TD", "LR"];

function layoutOf(index: GraphIndex, open: Iterable<string>, direction: Direction): Layout {
  return new LayoutEngine(index, { measure, parameterCount: () => 1000, direction }).layout(new Set(open));
}

/** Every third group stays closed. */
function someGroups(index: GraphIndex): string[] {
  return index.groups().filter((_, i) => i % 3 !== 2);
}

describe.each(GRAPHS)("any layout of %s", (_, make) => {
  const index = new GraphIndex(make());
  const layouts = DIRECTIONS.flatMap((direction) =>
    [index.groups(), someGroups(index)].map((open) => ({ layout: layoutOf(index, open, direction), direction })),
  );

  it("keeps boxes apart, and inside the group around them", () => {
    for (const { layout } of layouts) expect(overlaps(index, layout)).toEqual([]);
  });

  it("runs no edge through a box, nor on the line of another tensor, nor at a slant", () => {
    for (const { layout } of layouts) {
      const drawing = drawingOf(index, layout);
      expect(linesThroughBoxes(drawing)).toEqual([]);
      expect(qualityOf(drawing)).toMatchObject({ throughBoxes: 0, slanted: 0, overlap: 0 });
      expect(layout.edges.flatMap(({ points }) => points.flat()).every(Number.isFinite)).toBe(true);
    }
  });

  it("joins each edge to the borders of its ends, and passes a port wherever it crosses a border", () => {
    for (const { layout, direction } of layouts) {
      const nodes = new Map(layout.nodes.map((node) => [node.id, node]));
      const ports = new Set(layout.ports.map(({ group, net, side }) => `${group} ${net} ${side}`));
      for (const { source, target, points } of layout.edges) {
        expect(isOnBorder(points[0]!, nodes.get(source)!), `${source} to ${target}`).toBe(true);
        expect(isOnBorder(points.at(-1)!, nodes.get(target)!), `${source} to ${target}`).toBe(true);
        const [from, to] = [index.ancestors(source), index.ancestors(target)];
        for (const group of from) if (!to.includes(group)) expect(ports).toContain(`${group} ${source} out`);
        for (const group of to) if (!from.includes(group)) expect(ports).toContain(`${group} ${source} in`);
      }
      for (const { group, side, at } of layout.ports) {
        const { x, y, width, height } = nodes.get(group)!;
        const border = direction === "TD" ? (side === "in" ? y : y + height) : side === "in" ? x : x + width;
        expect(at[direction === "TD" ? 1 : 0]).toBeCloseTo(border);
      }
    }
  });

  it("comes out the same again", () => {
    const again = layoutOf(index, index.groups(), "TD");
    expect(again).toEqual(layouts[0]!.layout);
  });
});

function overlaps(index: GraphIndex, layout: Layout): string[] {
  const found: string[] = [];
  const siblings = new Map<string, LayoutNode[]>();
  const nodes = new Map(layout.nodes.map((node) => [node.id, node]));
  for (const node of layout.nodes) {
    const parent = index.parent(node.id)!;
    siblings.set(parent, [...(siblings.get(parent) ?? []), node]);
    const around = nodes.get(parent) ?? { x: -1, y: -1, width: layout.width + 2, height: layout.height + 2 };
    const isInside =
      node.x > around.x && node.y > around.y && node.x + node.width < around.x + around.width && node.y + node.height < around.y + around.height;
    if (!isInside && parent !== ROOT) found.push(`${node.id} leaves ${parent}`);
  }
  for (const group of siblings.values()) {
    group.sort((a, b) => a.y - b.y);
    group.forEach((a, i) => {
      for (let j = i + 1; j < group.length && group[j]!.y < a.y + a.height; j++) {
        const b = group[j]!;
        if (a.x < b.x + b.width && b.x < a.x + a.width) found.push(`${a.id} and ${b.id}`);
      }
    });
  }
  return found;
}

function isOnBorder([x, y]: readonly [number, number], node: LayoutNode): boolean {
  const near = (a: number, b: number): boolean => Math.abs(a - b) < 0.01;
  const within = x > node.x - 0.01 && x < node.x + node.width + 0.01 && y > node.y - 0.01 && y < node.y + node.height + 0.01;
  return within && (near(x, node.x) || near(x, node.x + node.width) || near(y, node.y) || near(y, node.y + node.height));
}
