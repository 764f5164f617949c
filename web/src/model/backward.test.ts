import { describe, expect, it } from "vitest";
import type { Graph, SavedTensor } from "../generated/document";
import { GraphBuilder } from "../layout/testing/graphs";
import { BackwardIndex, forwardOf } from "./backward";
import { GraphIndex } from "./graph";

const spec = { shape: [1, 8], dtype: "float32", device: "cpu", size_bytes: 32 };

function forward(): GraphIndex {
  const graph = new GraphBuilder();
  graph.add({ id: "input:x", kind: "input", type: "input", name: "x" });
  graph.layer("a", ".", "Linear");
  graph.layer("b", ".", "ReLU", false);
  graph.add({ id: "output:0", kind: "output", type: "output", name: "output" });
  graph.chain("input:x", "a/linear:0", "b/relu:0", "output:0");
  return new GraphIndex(graph.build());
}

function backward(): Graph {
  const graph = new GraphBuilder();
  const step = (id: string, parent: string, through: string | null) =>
    graph.add({ id, kind: "backward", type: id.split("/")[1]!, parent, attributes: through === null ? {} : { forward: through } });
  graph.add({ id: "output:0", kind: "output", type: "output", name: "output" });
  graph.module("a", ".");
  graph.module("b", ".");
  step("b/ReluBackward0:0", "b", "b/relu:0");
  step("a/AddmmBackward0:0", "a", "a/linear:0");
  step("a/TBackward0:0", "a", "a/linear:0");
  graph.add({ id: "grad:a.weight", kind: "backward", type: "AccumulateGrad", name: "weight", parent: "a", parameters: ["a.weight"] });
  graph.chain("output:0", "b/ReluBackward0:0", "a/AddmmBackward0:0", "a/TBackward0:0", "grad:a.weight");
  const kept = (from: string, name: string, kind: SavedTensor["kind"], source: string | null, held_bytes: number): SavedTensor =>
    ({ step: from, name, tensor: spec, kind, source, first_saver: from, held_bytes });
  return {
    ...graph.build(),
    saved: [
      kept("a/AddmmBackward0:0", "mat1", "input", "input:x", 0),
      kept("b/ReluBackward0:0", "result", "activation", "b/relu:0", 32),
      kept("b/ReluBackward0:0", "again", "activation", "b/relu:0", 0),
      kept("a/AddmmBackward0:0", "weight", "parameter", "a.weight", 0),
      kept("a/AddmmBackward0:0", "state", "activation", "a", 8),
    ],
  };
}

describe("BackwardIndex", () => {
  const index = new BackwardIndex(backward(), forward());

  it("finds the steps of an op and of a module, in the order of backward", () => {
    expect(index.stepsOf("a/linear:0")).toEqual(["a/AddmmBackward0:0", "a/TBackward0:0"]);
    expect(index.stepsOf("a")).toEqual(["a/AddmmBackward0:0", "a/TBackward0:0", "grad:a.weight"]);
    expect(index.stepsOf("input:x")).toEqual([]);
    expect([index.isStep("a"), index.isStep("grad:a.weight"), index.isStep("none")]).toEqual([false, true, false]);
  });

  it("sums what is held over steps, ops and modules", () => {
    expect(["b/ReluBackward0:0", "b", "b/relu:0", "a", ".", "a/TBackward0:0"].map((id) => index.held(id))).toEqual([32, 32, 32, 8, 40, 0]);
    expect(index.held("input:x")).toBeNull();
    expect(index.savedBy("b/ReluBackward0:0").map((tensor) => tensor.name)).toEqual(["result", "again"]);
  });

  it("joins both graphs with one edge for each tensor that is kept", () => {
    const { graph } = index.joined;
    expect(Object.keys(graph.nodes)).toEqual([
      ".", "input:x", "a", "a/linear:0", "b", "b/relu:0", "output:0",
      "b/ReluBackward0:0", "a/AddmmBackward0:0", "a/TBackward0:0", "grad:a.weight",
    ]);
    expect(graph.edges.slice(-2).map(({ source, target }) => [source, target])).toEqual([
      ["input:x", "a/AddmmBackward0:0"],
      ["b/relu:0", "b/ReluBackward0:0"],
    ]);
    expect(index.joined).toBe(index.joined);
  });

  it("tells tensors, gradients and kept tensors apart, also between groups", () => {
    const roles = (open: string[]) => index.joined.liftEdges(new Set(open)).map(({ source, target, role }) => `${source} ${role} ${target}`);
    expect(roles([])).toEqual([
      "input:x forward a",
      "a forward b",
      "b forward output:0",
      "output:0 gradient b",
      "b gradient a",
    ]);
    expect(roles(["a", "b"])).toContain("b/relu:0 saved b/ReluBackward0:0");
    expect(roles(["a", "b"])).toContain("input:x saved a/AddmmBackward0:0");
  });

  it("knows what a step goes back through", () => {
    expect(forwardOf(index.graph.nodeOf("a/TBackward0:0"))).toBe("a/linear:0");
    expect(forwardOf(index.graph.nodeOf("grad:a.weight"))).toBeNull();
    expect(forwardOf(index.graph.nodeOf("output:0"))).toBeNull();
  });
});
