import { describe, expect, it } from "vitest";
import { GraphBuilder, residualNetwork } from "../layout/testing/graphs";
import { GraphIndex } from "./graph";

const index = new GraphIndex(residualNetwork(2));

describe("GraphIndex", () => {
  it("knows the tree", () => {
    expect(index.children(".")).toEqual(["input:x", "blocks", "output:0"]);
    expect(index.children("blocks")).toEqual(["blocks.0", "blocks.1"]);
    expect(index.ancestors("blocks.1/add:0")).toEqual(["blocks.1", "blocks"]);
    expect(index.ancestors(".")).toEqual([]);
    expect([".", "blocks", "blocks.0", "blocks.0.conv1", "blocks.0.conv1/conv:0"].map((id) => index.depth(id))).toEqual([
      0, 1, 2, 3, 4,
    ]);
  });

  it("tells groups from leaves, and the model from both", () => {
    expect(index.isGroup("blocks.0.conv1")).toBe(true);
    expect(index.isGroup("blocks.0/add:0")).toBe(false);
    expect(index.isGroup(".")).toBe(false);
    expect(index.isOpenedByAll("blocks.0.conv1")).toBe(false);
    expect(index.isOpenedByAll("blocks.0")).toBe(true);
  });

  it("lists ops and descendants in execution order", () => {
    expect(index.operations("blocks.0").length).toBe(7);
    expect(index.operations("blocks.0")[0]).toBe("blocks.0.conv1/conv:0");
    expect(index.operations().length).toBe(14);
    expect(index.descendants("blocks.0.conv1")).toEqual(["blocks.0.conv1/conv:0"]);
    expect(index.withDescendants("blocks.0.conv1")).toEqual(["blocks.0.conv1", "blocks.0.conv1/conv:0"]);
  });

  it("finds parameters at any depth", () => {
    expect(index.hasParameters("blocks")).toBe(true);
    expect(index.hasParameters("blocks.0.relu")).toBe(false);
  });

  it("shows the outermost closed group in place of what is inside", () => {
    const inner = "blocks.0.conv1/conv:0";
    expect(index.shown(inner, new Set())).toBe("blocks");
    expect(index.shown(inner, new Set(["blocks.0"]))).toBe("blocks");
    expect(index.shown(inner, new Set(["blocks", "blocks.0"]))).toBe("blocks.0.conv1");
    expect(index.visible(new Set(["blocks"]))).toEqual(["input:x", "blocks", "blocks.0", "blocks.1", "output:0"]);
  });

  it("lifts edges to what is shown, one a pair, with all their tensors", () => {
    const closed = index.liftEdges(new Set());
    expect(closed.map(({ source, target }) => [source, target])).toEqual([
      ["input:x", "blocks"],
      ["blocks", "output:0"],
    ]);
    expect(closed[0]!.tensors.length).toBe(2);
    const open = index.liftEdges(new Set(["blocks"]));
    expect(open.map(({ source, target }) => `${source} ${target}`)).toEqual([
      "input:x blocks.0",
      "blocks.0 blocks.1",
      "blocks.1 output:0",
    ]);
  });

  it("says which node is missing", () => {
    expect(index.node("nowhere")).toBeUndefined();
    expect(() => index.nodeOf("nowhere")).toThrow('the graph has no node "nowhere"; ids are the keys of graph.nodes');
    expect(() => index.nodeOf("constructor")).toThrow("no node");
  });

  it("hangs nodes of broken trees on the root, and leaves out edges to nowhere", () => {
    const graph = new GraphBuilder();
    graph.add({ id: "a", kind: "module", parent: "b" });
    graph.add({ id: "b", kind: "module", parent: "a" });
    graph.op("lost", "gone", "op");
    graph.connect("lost", "missing");
    const broken = new GraphIndex(graph.build());
    expect(broken.children(".")).toContain("lost");
    expect(new Set(broken.descendants("."))).toEqual(new Set(["a", "b", "lost"]));
    expect(broken.liftEdges(new Set())).toEqual([]);
  });
});
