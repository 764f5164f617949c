import { expect, it } from "vitest";
import { residualNetwork } from "../layout/testing/graphs";
import { GraphIndex } from "./graph";
import { reach } from "./reach";

const index = new GraphIndex(residualNetwork(2));

it("finds all that a node depends on, and all that depends on it", () => {
  expect(reach(index, "blocks.0.bn1", "upstream")).toEqual(new Set(["blocks.0.bn1/bn:0", "blocks.0.conv1/conv:0", "input:x"]));
  expect(reach(index, "blocks.1.bn2", "downstream")).toEqual(
    new Set(["blocks.1.bn2/bn:0", "blocks.1/add:0", "blocks.1.relu#1/relu:0", "output:0"]),
  );
});

it("takes a group for everything inside it", () => {
  const found = reach(index, "blocks.0", "upstream");
  expect(found).toEqual(new Set([...index.operations("blocks.0"), "input:x"]));
});

it("ends in a cycle, and ignores edges to nowhere", () => {
  const graph = residualNetwork(1);
  const tensor = graph.edges[0]!.tensor;
  const odd = { ...graph, edges: [...graph.edges, { source: "output:0", target: "input:x", tensor }, { source: "gone", target: "input:x", tensor }] };
  expect(reach(new GraphIndex(odd), "input:x", "upstream").has("output:0")).toBe(true);
  expect(reach(new GraphIndex(odd), "input:x", "upstream").has("gone")).toBe(false);
});
