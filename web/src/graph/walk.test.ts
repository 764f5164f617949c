import { expect, it } from "vitest";
import { measure, transformer } from "../layout/testing/graphs";
import { DrawnGraph } from "../model/drawn";
import { GraphIndex } from "../model/graph";
import { SceneBuilder } from "./scene";
import { nextNode } from "./walk";

const index = new GraphIndex(transformer(2));
const open = new Set(["layers", "layers.0", "layers.0.self_attn"]);
const scene = new SceneBuilder(new DrawnGraph(index), measure, () => 10).build(open);

it("starts at the first node", () => {
  expect(nextNode(scene, null, "down")).toBe("input:tokens");
});

it("follows edges down and up", () => {
  expect(nextNode(scene, "input:tokens", "down")).toBe("embed_tokens");
  expect(nextNode(scene, "embed_tokens", "down")).toBe("layers.0.input_layernorm");
  expect(nextNode(scene, "layers.0.input_layernorm", "up")).toBe("embed_tokens");
  expect(nextNode(scene, "input:tokens", "up")).toBeNull();
});

it("goes to what stands beside", () => {
  const [q, k] = ["layers.0.self_attn.q_proj", "layers.0.self_attn.k_proj"];
  expect(nextNode(scene, q, "right")).toBe(k);
  expect(nextNode(scene, k, "left")).toBe(q);
});

it("goes into an open group and out of it upward", () => {
  expect(nextNode(scene, "layers.0.self_attn", "up")).toBe("layers.0.input_layernorm");
  expect(scene.nodes.get(nextNode(scene, "layers", "down")!)!.depth).toBe(2);
});

it("writes a shape only where it changes", () => {
  expect(scene.labels().filter((label) => label.changed)).toEqual([]);
});
