import { expect, it } from "vitest";
import { GraphBuilder } from "../layout/testing/graphs";
import { GraphIndex, type JoinedEdge } from "./graph";
import { isTrivial, withoutTrivial } from "./trivial";

const shown = (index: GraphIndex): string[] =>
  (index.graph.edges as readonly JoinedEdge[]).map(({ source, target, through }) => `${source} > ${target}${through ? ` by ${through}` : ""}`);

it("joins what fed a hidden op to whatever used it", () => {
  const graph = new GraphBuilder();
  for (const [id, type] of [["a", "linear"], ["b", "linear"], ["v1", "view"], ["v2", "transpose"], ["c", "add"], ["d", "mul"]] as const) graph.op(id, ".", type);
  for (const [from, to] of [["a", "v1"], ["b", "c"], ["v1", "v2"], ["v2", "c"], ["v2", "d"]] as const) graph.connect(from, to);
  const hidden = withoutTrivial(new GraphIndex(graph.build()));
  expect([...hidden.nodes.keys()]).toEqual([".", "a", "b", "c", "d"]);
  expect(shown(hidden)).toEqual(["b > c", "a > c by v1,v2", "a > d by v1,v2"]);
});

it("keeps an op that nothing feeds or nothing uses, and what then lacks a way through", () => {
  const graph = new GraphBuilder();
  for (const [id, type] of [["free", "view"], ["next", "view"], ["c", "add"], ["loose", "view"]] as const) graph.op(id, ".", type);
  graph.chain("free", "next", "c", "loose");
  const hidden = withoutTrivial(new GraphIndex(graph.build()));
  expect([...hidden.nodes.keys()]).toEqual([".", "free", "c", "loose"]);
  expect(shown(hidden)).toEqual(["free > c by next", "c > loose"]);
});

it("leaves out modules in which nothing is left", () => {
  const graph = new GraphBuilder();
  graph.op("a", ".", "conv");
  graph.module("head", ".");
  const flatten = graph.layer("head.flatten", "head", "Flatten", false);
  graph.op("b", ".", "linear");
  graph.chain("a", flatten, "b");
  expect([...withoutTrivial(new GraphIndex(graph.build())).nodes.keys()]).toEqual([".", "a", "b"]);
});

it("goes by the aten ops where they are known", () => {
  const op = (type: string, aten: string[]): Parameters<typeof isTrivial>[0] => {
    const graph = new GraphBuilder();
    return new GraphIndex((graph.add({ id: "x", type, aten }), graph.build())).nodeOf("x");
  };
  expect(isTrivial(op("reshape", ["aten.clone.default", "aten._unsafe_view.default"]), true)).toBe(true);
  expect(isTrivial(op("getitem", ["aten.select.int"]), true)).toBe(true);
  expect(isTrivial(op("getitem", ["aten.index.Tensor"]), true)).toBe(false);
  expect(isTrivial(op("setitem", ["aten.slice.Tensor", "aten.fill_.Scalar"]), true)).toBe(false);
  expect(isTrivial(op("dropout", []), true)).toBe(true);
  expect(isTrivial(op("dropout", []), false)).toBe(false);
  expect(isTrivial(op("dropout", ["aten.native_dropout.default"]), true)).toBe(false);
});
