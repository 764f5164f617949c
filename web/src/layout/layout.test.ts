import { describe, expect, it } from "vitest";
import type { Graph } from "../generated/document";
import { GraphIndex } from "../model/graph";
import { LayoutEngine, type Layout, type LayoutNode } from "./layout";
import { branches, denseNetwork, GraphBuilder, measure, randomGraph, residualNetwork, transformer } from "./testing/graphs";
import type { Point } from "./types";

function engineOf(graph: Graph): { index: GraphIndex; engine: LayoutEngine } {
  const index = new GraphIndex(graph);
  return { index, engine: new LayoutEngine(index, { measure, parameterCount: () => 1000 }) };
}

function layoutAll(graph: Graph): Layout {
  const { index, engine } = engineOf(graph);
  return engine.layout(new Set(index.groups()));
}

/** Two layers in a row, each with an op that takes and gives no tensor, as a counter does. */
function bookkeeping(): Graph {
  const graph = new GraphBuilder();
  const ids = ["bn1", "bn2"].map((name) => {
    const op = graph.layer(name, ".", "BatchNorm2d");
    graph.op(`${name}/add_:0`, name, "add_");
    return op;
  });
  graph.chain(graph.op("first", ".", "op"), ...ids, graph.op("last", ".", "op"));
  return graph.build();
}

function nodeOf(layout: Layout, id: string): LayoutNode {
  const node = layout.nodes.find((one) => one.id === id);
  if (!node) throw new Error(`${id} is not drawn`);
  return node;
}

function pieces(points: Point[]): [Point, Point][] {
  return points.slice(1).map((point, i) => [points[i]!, point]);
}

/** Whether a line touches the inside of a box; running along its border does not. */
function enters([[ax, ay], [bx, by]]: [Point, Point], node: LayoutNode): boolean {
  return (
    Math.max(ax, bx) > node.x + 0.5 &&
    Math.min(ax, bx) < node.x + node.width - 0.5 &&
    Math.max(ay, by) > node.y + 0.5 &&
    Math.min(ay, by) < node.y + node.height - 0.5
  );
}

const GRAPHS: [string, Graph][] = [
  ["residual blocks", residualNetwork(3)],
  ["a transformer", transformer(3)],
  ["60 random ops", randomGraph(60, 7)],
  ["150 random ops", randomGraph(150, 11)],
  ["300 random ops", randomGraph(300, 5)],
  ["layers with ops that nothing uses", bookkeeping()],
];

describe.each(GRAPHS)("the layout of %s", (_, graph) => {
  const index = new GraphIndex(graph);
  const layout = layoutAll(graph);

  it("keeps children inside their parents and apart from each other", () => {
    const overlaps: string[] = [];
    for (const a of layout.nodes) {
      const parent = index.parent(a.id)!;
      if (parent !== ".") {
        const around = nodeOf(layout, parent);
        expect(a.x, a.id).toBeGreaterThan(around.x);
        expect(a.y, a.id).toBeGreaterThan(around.y);
        expect(a.x + a.width, a.id).toBeLessThan(around.x + around.width);
        expect(a.y + a.height, a.id).toBeLessThan(around.y + around.height);
      }
      for (const b of layout.nodes) {
        if (a === b || index.parent(b.id) !== parent) continue;
        const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        if (!apart) overlaps.push(`${a.id} and ${b.id}`);
      }
    }
    expect(overlaps).toEqual([]);
  });

  it("runs edges at right angles from the border of their source to the border of their target", () => {
    for (const edge of layout.edges) {
      const [source, target] = [nodeOf(layout, edge.source), nodeOf(layout, edge.target)];
      const [first, last] = [edge.points[0]!, edge.points.at(-1)!];
      expect(first[1]).toBeCloseTo(source.y + source.height);
      expect(first[0]).toBeCloseTo(source.x + source.width / 2);
      const onTop = Math.abs(last[1] - target.y) < 0.01 && last[0] > target.x && last[0] < target.x + target.width;
      const onSide = Math.min(Math.abs(last[0] - target.x), Math.abs(last[0] - target.x - target.width)) < 0.01;
      expect(onTop || onSide, `${edge.source} to ${edge.target}`).toBe(true);
      for (const [[ax, ay], [bx, by]] of pieces(edge.points)) {
        expect(Math.min(Math.abs(ax - bx), Math.abs(ay - by)), `${edge.source} to ${edge.target}`).toBeLessThan(0.5);
      }
    }
  });

  it("runs no edge through a node, and through no group that holds neither of its ends", () => {
    const through: string[] = [];
    for (const edge of layout.edges) {
      const around = new Set([...index.ancestors(edge.source), ...index.ancestors(edge.target)]);
      const others = layout.nodes.filter((node) => !around.has(node.id));
      for (const piece of pieces(edge.points)) {
        for (const node of others) {
          if (enters(piece, node)) through.push(`${edge.source} to ${edge.target} through ${node.id}`);
        }
      }
    }
    expect(through).toEqual([]);
  });

  it("has a port on every border that an edge crosses, and none besides", () => {
    const crossed = new Set<string>();
    for (const edge of layout.edges) {
      const [from, to] = [index.ancestors(edge.source), index.ancestors(edge.target)];
      const borders = [
        ...from.filter((group) => !to.includes(group)).map((group) => ({ group, side: "out" })),
        ...to.filter((group) => !from.includes(group)).map((group) => ({ group, side: "in" })),
      ];
      for (const { group, side } of borders) {
        const port = layout.ports.find((one) => one.group === group && one.net === edge.source && one.side === side);
        expect(port, `${edge.source} at ${group}`).toBeDefined();
        crossed.add(`${group} ${edge.source} ${side}`);
        const { at } = port!;
        const box = nodeOf(layout, group);
        expect(at[1]).toBeCloseTo(side === "in" ? box.y : box.y + box.height);
        const passes = pieces(edge.points).some(
          ([[ax, ay], [bx, by]]) =>
            Math.abs(ax - at[0]) < 0.5 && Math.abs(bx - at[0]) < 0.5 && Math.min(ay, by) <= at[1] && Math.max(ay, by) >= at[1],
        );
        expect(passes, `${edge.source} to ${edge.target} passes its port at ${group}`).toBe(true);
      }
    }
    expect(layout.ports.length).toBe(crossed.size);
  });

  it("never lays vertical lines of two tensors on each other", () => {
    const columns = new Map<number, { net: string; low: number; high: number }[]>();
    for (const edge of layout.edges) {
      for (const [[ax, ay], [bx, by]] of pieces(edge.points)) {
        if (Math.abs(ax - bx) > 0.5) continue;
        const column = columns.get(Math.round(ax)) ?? [];
        columns.set(Math.round(ax), column);
        column.push({ net: edge.source, low: Math.min(ay, by), high: Math.max(ay, by) });
      }
    }
    for (const [x, column] of columns) {
      for (const a of column) {
        for (const b of column) {
          const shared = Math.min(a.high, b.high) - Math.max(a.low, b.low);
          if (a.net !== b.net) expect(shared, `${a.net} and ${b.net} at ${x}`).toBeLessThan(1);
        }
      }
    }
  });

  it("is the same every time, also with the edges' blocks already known", () => {
    const { index: again, engine } = engineOf(graph);
    const open = new Set(again.groups());
    expect(engine.layout(open)).toEqual(layout);
    expect(engine.layout(open)).toEqual(layout);
  });
});

it("keeps the main path straight and brings the skip in from the right", () => {
  const layout = layoutAll(residualNetwork(1));
  const centre = (id: string): number => nodeOf(layout, id).x + nodeOf(layout, id).width / 2;
  const path = ["input:x", "blocks.0.conv1", "blocks.0.bn2", "blocks.0/add:0", "blocks.0.relu#1", "output:0"];
  for (const id of path) expect(centre(id), id).toBeCloseTo(centre("input:x"));
  const skip = layout.edges.find((edge) => edge.source === "input:x" && edge.target === "blocks.0/add:0")!;
  const add = nodeOf(layout, "blocks.0/add:0");
  expect(skip.points.at(-1)![0]).toBeCloseTo(add.x + add.width);
  expect(skip.points.at(-1)![1]).toBeCloseTo(add.y + add.height / 2);
  const conv = nodeOf(layout, "blocks.0.conv1");
  expect(Math.max(...skip.points.map(([x]) => x))).toBeGreaterThan(conv.x + conv.width + 16);
  expect(layout.forks.length).toBe(1);
});

it("lays out identical blocks once", () => {
  const { index, engine } = engineOf(transformer(9));
  engine.layout(new Set(index.groups().filter((id) => index.isOpenedByAll(id))));
  expect(engine.blocksLaidOut).toBe(5);
});

it("keeps what is in a group below a head as high as asked for", () => {
  const index = new GraphIndex(transformer(2));
  const open = new Set(index.groups().filter((id) => index.isOpenedByAll(id)));
  const gapUnder = (group: string, headerHeight?: (id: string) => number): number => {
    const layout = new LayoutEngine(index, { measure, parameterCount: () => 0, ...(headerHeight && { headerHeight }) }).layout(open);
    const inside = layout.nodes.filter((node) => index.parent(node.id) === group).map((node) => node.y);
    return Math.min(...inside) - nodeOf(layout, group).y;
  };
  const tall = (id: string): number => (id === "layers.1" ? 66 : 26);
  expect(gapUnder("layers.1", tall)).toBe(gapUnder("layers.1") + 40);
  expect(gapUnder("layers.0", tall)).toBe(gapUnder("layers.0"));
});

it("runs tensors from left to right if asked to, with the heads of groups still on top", () => {
  const index = new GraphIndex(residualNetwork(2));
  const engine = new LayoutEngine(index, { measure, parameterCount: () => 0, direction: "LR" });
  const layout = engine.layout(new Set(index.groups().filter((id) => index.isOpenedByAll(id))));
  expect(layout.width).toBeGreaterThan(layout.height * 3);
  for (const edge of layout.edges) {
    const [source, target] = [nodeOf(layout, edge.source), nodeOf(layout, edge.target)];
    expect(edge.points[0]).toEqual([source.x + source.width, source.y + source.height / 2]);
    expect(target.x).toBeGreaterThan(source.x + source.width);
  }
  for (const node of layout.nodes) {
    const parent = index.parent(node.id)!;
    if (node.box) expect(node.height).toBe(node.box.height);
    if (parent !== ".") expect(node.y - nodeOf(layout, parent).y).toBeGreaterThanOrEqual(26);
  }
  for (const { group, side, at } of layout.ports) {
    const { x, width } = nodeOf(layout, group);
    expect(at[0]).toBeCloseTo(side === "in" ? x : x + width);
  }
});

it("lays out open groups only", () => {
  const { engine } = engineOf(transformer(4));
  expect(engine.layout(new Set()).nodes.map((node) => node.id)).toEqual([
    "input:tokens", "embed_tokens", "layers", "norm", "lm_head", "output:0",
  ]);
  expect(engine.blocksLaidOut).toBe(1);
});

it("draws a cycle with one edge that goes back up", () => {
  const graph = new GraphBuilder();
  for (const id of ["a", "b", "c"]) graph.op(id, ".", "op");
  graph.chain("a", "b", "c", "a");
  const layout = layoutAll(graph.build());
  const tops = ["a", "b", "c"].map((id) => nodeOf(layout, id).y);
  expect(tops).toEqual([...tops].sort((x, y) => x - y));
  const back = layout.edges.find((edge) => edge.source === "c")!;
  expect(back.points[0]![1]).toBeGreaterThan(back.points.at(-1)![1]);
  for (const piece of pieces(back.points)) for (const node of layout.nodes) expect(enters(piece, node), node.id).toBe(false);
});

it("goes around a group when a cycle leads back into it", () => {
  const graph = new GraphBuilder();
  graph.module("g", ".");
  graph.op("first", "g", "op");
  graph.op("last", "g", "op");
  graph.op("between", ".", "op");
  graph.chain("first", "between", "last");
  const layout = layoutAll(graph.build());
  const back = layout.edges.find((edge) => edge.source === "between")!;
  expect(layout.ports.filter((port) => port.group === "g").map((port) => port.side)).toEqual(["in", "out"]);
  for (const piece of pieces(back.points)) {
    expect(enters(piece, nodeOf(layout, "between"))).toBe(false);
    expect(enters(piece, nodeOf(layout, "first"))).toBe(false);
  }
});

it("puts nodes without edges in rows below the others", () => {
  const graph = new GraphBuilder();
  graph.chain(graph.op("a", ".", "op"), graph.op("b", ".", "op"));
  for (let i = 0; i < 500; i++) graph.op(`loose${i}`, ".", "op");
  const layout = layoutAll(graph.build());
  expect(layout.nodes.length).toBe(502);
  expect(layout.width).toBeLessThan(1000);
  expect(nodeOf(layout, "loose0").y).toBeGreaterThan(nodeOf(layout, "b").y);
});

it("lets many gradients into one closed group share a line, and no tensor with them", () => {
  const graph = new GraphBuilder();
  const ops = Array.from({ length: 30 }, (_, i) => graph.op(`op${i}`, ".", "op"));
  graph.module("closed", ".");
  const inner = graph.op("inner", "closed", "op");
  const step = graph.add({ id: "step", kind: "backward", parent: "closed" });
  graph.chain(...ops, inner);
  const steps = ops.map((op, i) => graph.add({ id: `grad${i}`, kind: "backward", attributes: { forward: op } }));
  for (const one of steps) graph.connect(one, step);
  const { engine } = engineOf(graph.build());
  const ends = engine.layout(new Set()).edges.filter(({ target }) => target === "closed");
  const columns = (role: string): Set<number> => new Set(ends.filter((edge) => edge.role === role).map(({ points }) => Math.round(points.at(-1)![0])));
  expect(ends.length).toBe(31);
  expect(columns("gradient").size).toBe(1);
  expect(columns("forward")).not.toEqual(columns("gradient"));
});

it("puts 500 branches on rows no wider than a page", () => {
  for (const length of [1, 3]) {
    const layout = layoutAll(branches(500, length));
    expect(layout.edges.length).toBe(500 * (length + 1));
    expect(layout.width).toBeLessThan(1600);
  }
});

it("keeps densely joined layers in one column", () => {
  const layout = layoutAll(denseNetwork(16));
  const columns = layout.nodes.filter(({ id }) => id.endsWith("norm1")).map(({ x }) => x);
  expect(Math.max(...columns) - Math.min(...columns)).toBeLessThan(100);
});

it("manages a group of 500 branches and a chain of 1,500", () => {
  const wide = new GraphBuilder();
  const [first, last] = [wide.op("first", ".", "op"), wide.op("last", ".", "op")];
  for (let i = 0; i < 500; i++) wide.chain(first, wide.op(`branch${i}`, ".", "op"), last);
  expect(layoutAll(wide.build()).edges.length).toBe(1000);
  const long = new GraphBuilder();
  const ids = Array.from({ length: 1500 }, (_, i) => long.op(`op${i}`, ".", "op"));
  long.chain(...ids);
  long.connect(ids[0]!, ids.at(-1)!);
  const layout = layoutAll(long.build());
  expect(new Set(layout.nodes.map((node) => Math.round(node.x))).size).toBe(1);
});

it("gives nothing for a graph without nodes", () => {
  expect(layoutAll(new GraphBuilder().build())).toMatchObject({ nodes: [], edges: [], ports: [] });
});
