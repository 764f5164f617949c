import { expect, it } from "vitest";
import { GraphBuilder, measure, residualNetwork } from "../layout/testing/graphs";
import { DrawnGraph } from "../model/drawn";
import { GraphIndex } from "../model/graph";
import { SceneBuilder } from "./scene";

function chainOf(shapes: number[][]): SceneBuilder {
  const graph = new GraphBuilder();
  const ids = shapes.map((_, i) => graph.op(`op${i}`, ".", "op"));
  ids.push(graph.op("last", ".", "op"));
  shapes.forEach((shape, i) => graph.connect(ids[i]!, ids[i + 1]!, shape));
  return new SceneBuilder(new DrawnGraph(new GraphIndex(graph.build())), measure, () => 0);
}

it("writes a shape where a node changes it, beside the line that leaves the node", () => {
  const scene = chainOf([[1, 8], [1, 8], [1, 16], [1, 16]]).build(new Set());
  expect(scene.labels().filter((label) => label.changed).map((label) => label.text)).toEqual(["1×16"]);
  const source = scene.nodes.get("op2")!;
  const [x, y] = scene.labels()[0]!.at;
  expect(x).toBeGreaterThan(source.x + source.width / 2);
  expect(y).toBeGreaterThan(source.y + source.height);
  expect(y).toBeLessThan(scene.nodes.get("op3")!.y);
});

it("draws larger tensors with wider lines, on a logarithmic scale", () => {
  const [small, middle, large] = chainOf([[1, 10], [1, 100], [1, 1000]]).build(new Set()).widths;
  expect(small).toBeCloseTo(1.2);
  expect(middle).toBeCloseTo(2);
  expect(large).toBeCloseTo(2.8);
});

it("shows the layers with parameters in a closed group's strip", () => {
  const builder = new SceneBuilder(new DrawnGraph(new GraphIndex(residualNetwork(2))), measure, () => 0);
  expect(builder.members("blocks.0")).toEqual(["conv1", "bn1", "conv2", "bn2"].map((name) => `blocks.0.${name}`));
  expect(builder.members("blocks").length).toBe(8);
});

it("shows a large group's children instead, and at most 40", () => {
  const builder = new SceneBuilder(new DrawnGraph(new GraphIndex(residualNetwork(60))), measure, () => 0);
  const members = builder.members("blocks");
  expect(members.length).toBe(40);
  expect(members[0]).toBe("blocks.0");
  expect(new Set(members).size).toBe(40);
});
