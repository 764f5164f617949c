import { describe, expect, it } from "vitest";
import { GraphIndex } from "../model/graph";
import { elideMiddle, labelNode, NAME_FONT, shapeText } from "./label";
import { GraphBuilder, measure } from "./testing/graphs";

const graph = new GraphBuilder();
graph.add({
  id: "conv", kind: "module", name: "conv", type: "Conv2d", atomic: true, parameters: ["conv.weight"],
  attributes: { in_channels: 3, kernel_size: "7×7", stride: "2×2" },
});
graph.add({ id: "conv/conv2d:0", parent: "conv", type: "conv2d" });
graph.add({
  id: "fc", kind: "module", name: "fc", type: "Linear", atomic: true, parameters: ["fc.weight"],
  attributes: { in_features: 512, out_features: 10 },
});
graph.add({
  id: "depthwise", kind: "module", name: "depthwise", type: "Conv1d", atomic: true, parameters: ["depthwise.weight"],
  attributes: { in_channels: 8, kernel_size: 5, stride: 1, groups: 8 },
});
graph.module("layers", ".", "Sequential");
for (const i of [0, 1]) {
  graph.module(`layers.${i}`, "layers", "Block");
  graph.op(`layers.${i}/add_:0`, `layers.${i}`, "add_");
}
graph.layer("act", ".", "ReLU", false);
graph.add({ id: "act#1", kind: "module", name: "act#1", type: "ReLU", atomic: true });
graph.add({ id: "input:x", kind: "input", name: "input", outputs: [{ shape: [2, 3], dtype: "float32", device: "cpu", size_bytes: 24 }] });
const index = new GraphIndex(graph.build());

describe("labelNode", () => {
  it.each([
    ["conv", "conv", "Conv2d 7×7 /2"],
    ["fc", "fc", "Linear 512 → 10"],
    ["depthwise", "depthwise", "Conv1d 5 ÷8"],
    ["layers", "layers", "Sequential · 2 × Block"],
    ["layers.1", "Block", "layers.1"],
    ["layers.1/add_:0", "+ add", ""],
    ["act", "act", ""],
    ["act#1", "act", "call 2"],
    ["input:x", "input", "2×3"],
  ])("names %s", (id, title, detail) => {
    expect(labelNode(index, id)).toEqual({ title, detail });
  });
});

describe("elideMiddle", () => {
  it("leaves what fits", () => expect(elideMiddle("conv", 100, NAME_FONT, measure)).toBe("conv"));

  it("keeps start and end, as much as fits", () => {
    const short = elideMiddle("post_attention_layernorm", 80, NAME_FONT, measure);
    expect(short).toBe("post_a…rnorm");
    expect(measure(short, NAME_FONT)).toBeLessThanOrEqual(80);
    expect(measure(`${short}x`, NAME_FONT)).toBeGreaterThan(80);
  });

  it("does not cut letters of two code units apart", () => {
    expect(elideMiddle("🦊🦊🦊🦊🦊🦊", 26, NAME_FONT, measure)).toBe("🦊🦊…🦊");
  });
});

it("writes shapes", () => {
  expect(shapeText([64, 3, -1])).toBe("64×3×?");
  expect(shapeText([])).toBe("scalar");
});
