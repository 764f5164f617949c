import { expect, it } from "vitest";
import { GraphBuilder } from "../layout/testing/graphs";
import type { Graph } from "../generated/document";
import { foldGraph, unfolded } from "./fold";
import { openGroups } from "./opened";

/** An input, blocks `0` to `count - 1` of two ops each, and one output for each block. */
function caches(count: number): Graph {
  const graph = new GraphBuilder();
  graph.add({ id: "input:x", kind: "input", type: "input" });
  const ends: string[] = [];
  let last = "input:x";
  for (let i = 0; i < count; i++) {
    graph.module(`${i}`, ".");
    const [a, b] = [graph.op(`${i}/a`, `${i}`, "a"), graph.op(`${i}/b`, `${i}`, "b")];
    graph.chain(last, a, b);
    ends.push(graph.add({ id: `output:${i}`, kind: "output", name: `cache.${i}`, type: "output" }));
    graph.connect(a, ends.at(-1)!);
    last = b;
  }
  graph.connect(last, graph.add({ id: "output:y", kind: "output", name: "y", type: "output" }));
  return graph.build();
}

const rows = (count: number) => Array.from({ length: count }, (_, i) => ({ fold: "0..", member: i, node: `${i}` }));

it("keeps the first of identical blocks, and what goes in and out of them", () => {
  const { index, counts, standsFor, shown } = foldGraph(caches(4), rows(4));
  expect([...index.nodes.keys()].sort()).toEqual([".", "0/a", "0/b", "0…3", "input:x", "output:0", "output:y"]);
  expect(counts.get("0…3")).toBe(4);
  expect(standsFor.get("0/b")).toEqual(["0/b", "1/b", "2/b", "3/b"]);
  expect(shown("2")).toBe("0…3");
  const edges = index.graph.edges.map(({ source, target }) => `${source} ${target}`);
  expect(edges).toEqual(["input:x 0/a", "0/a 0/b", "0/a output:0", "0/b output:y"]);
});

it("keeps one of the outputs that each member has", () => {
  const { standsFor, counts } = foldGraph(caches(3), rows(3));
  expect(standsFor.get("output:0")).toEqual(["output:0", "output:1", "output:2"]);
  expect(counts.get("output:0")).toBe(3);
  expect(counts.has("output:y")).toBe(false);
});

it("opens a group that is named inside a member that is not drawn", () => {
  const folded = foldGraph(caches(3), rows(3));
  expect([...openGroups(folded, 0, ["2"]).groups]).toEqual(["0…2"]);
  expect(openGroups(folded, 0, []).groups.size).toBe(0);
  expect(openGroups(folded, "all", []).groups.size).toBe(1);
});

it("opens as many levels as can be read", () => {
  expect(openGroups(unfolded(caches(10)), null, [])).toMatchObject({ depth: 1, deepest: 1 });
  expect(openGroups(unfolded(caches(60)), null, [])).toMatchObject({ depth: 0, deepest: 1 });
});
