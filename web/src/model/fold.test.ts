import { expect, it } from "vitest";
import { GraphBuilder, residualNetwork } from "../layout/testing/graphs";
import { foldsOf, sharedPath } from "./fold";
import { GraphIndex } from "./graph";

export function rowsOf(fold: string, members: string[][]): Record<string, unknown>[] {
  return members.flatMap((nodes, member) => nodes.map((node) => ({ fold, parent: "", member, count: members.length, node })));
}

const index = new GraphIndex(residualNetwork(3));
const members = [["blocks.0"], ["blocks.1"], ["blocks.2"]];

it("reads members, with everything inside them at the same places", () => {
  const [fold] = foldsOf(rowsOf("blocks.0..blocks.2", members), index);
  expect(fold).toMatchObject({ id: "blocks.0..blocks.2", parent: "blocks", members });
  const at = fold!.contents[0]!.indexOf("blocks.0.conv2");
  expect(fold!.contents.map((ids) => ids[at])).toEqual(["blocks.0.conv2", "blocks.1.conv2", "blocks.2.conv2"]);
  expect(sharedPath(fold!)).toBe("blocks");
});

it("names the path that members share where their parent has none", () => {
  const graph = new GraphBuilder();
  for (const i of [9, 10]) graph.layer(`model.layers.${i}`, ".", "Linear");
  const [fold] = foldsOf(rowsOf("x", [["model.layers.9"], ["model.layers.10"]]), new GraphIndex(graph.build()));
  expect(sharedPath(fold!)).toBe("model.layers");
});

it("leaves out folds that this graph does not bear out", () => {
  const graph = new GraphBuilder();
  for (const i of [0, 1, 2]) {
    graph.module(`b.${i}`, ".");
    for (const op of ["a", "b", "c"]) graph.op(`b.${i}/${op}`, `b.${i}`, op);
    graph.connect(`b.${i}/a`, `b.${i}/b`);
    graph.connect(`b.${i}/${i === 2 ? "a" : "b"}`, `b.${i}/c`);
  }
  const odd = new GraphIndex(graph.build());
  const count = (nodes: string[][]): number => foldsOf(rowsOf("x", nodes), odd).length;
  expect(count([["b.0"], ["b.1"]])).toBe(1);
  expect(count([["b.0"], ["b.2"]])).toBe(0); // other edges
  expect(count([["b.0"], ["b.0/a"]])).toBe(0); // other parents
  expect(count([["b.0"], ["gone"]])).toBe(0);
  expect(count([["b.0"]])).toBe(0);
  expect(foldsOf([{ fold: "x", member: 1e9, node: "b.0" }, { fold: "x", member: -1, node: "b.1" }], odd)).toEqual([]);
});
