import { expect, it } from "vitest";
import { GraphBuilder } from "../layout/testing/graphs";
import type { Graph } from "../generated/document";
import { DrawnGraph } from "../model/drawn";
import { foldsOf } from "../model/fold";
import { GraphIndex } from "../model/graph";
import { openGroups } from "./opened";

/** An input, blocks `0` to `count - 1` of two ops each, and one output for each block. */
function caches(count: number): Graph {
  const graph = new GraphBuilder();
  graph.add({ id: "input:x", kind: "input", type: "input" });
  let last = "input:x";
  for (let i = 0; i < count; i++) {
    graph.module(`${i}`, ".");
    const [a, b] = [graph.op(`${i}/a`, `${i}`, "a"), graph.op(`${i}/b`, `${i}`, "b")];
    graph.chain(last, a, b);
    graph.connect(a, graph.add({ id: `output:${i}`, kind: "output", name: `cache.${i}`, type: "output" }));
    last = b;
  }
  graph.connect(last, graph.add({ id: "output:y", kind: "output", name: "y", type: "output" }));
  return graph.build();
}

function drawn(graph: Graph, isFolding = true): DrawnGraph {
  const index = new GraphIndex(graph);
  const rows = [...index.nodes.keys()].filter((id) => /^\d+$/.test(id)).map((node, member) => ({ fold: "0..", member, node }));
  return new DrawnGraph(index, { folds: isFolding ? foldsOf(rows, index) : [], chosen: new Map(), hideTrivial: false });
}

it("opens a fold together with its member", () => {
  const folded = drawn(caches(6));
  expect([...openGroups(folded, 1, []).groups].sort()).toEqual(["0", "0..5"]);
  expect(openGroups(folded, 0, []).groups.size).toBe(0);
  expect(openGroups(folded, "all", [])).toMatchObject({ depth: 1, deepest: 1 });
});

it("opens a group that is named inside a member that is not drawn", () => {
  expect([...openGroups(drawn(caches(6)), 0, ["2"]).groups].sort()).toEqual(["0", "0..5"]);
});

it("leaves the ends that belong to a fold as they are", () => {
  const folded = drawn(caches(6));
  expect(folded.index.children("output:0..output:5")).toEqual(["output:0"]);
  expect(openGroups(folded, "all", []).groups.has("output:0..output:5")).toBe(false);
});

it("opens as many levels as can be read", () => {
  expect(openGroups(drawn(caches(10), false), null, [])).toMatchObject({ depth: 1, deepest: 1 });
  expect(openGroups(drawn(caches(60), false), null, [])).toMatchObject({ depth: 0, deepest: 1 });
});
