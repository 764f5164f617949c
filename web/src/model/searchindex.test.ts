import { describe, expect, it } from "vitest";
import { documentOf, node } from "./testing/document";
import { RunIndex } from "./run";
import { SearchIndex } from "./searchindex";

const spec = (shape: number[]) => ({ shape, dtype: "float32", device: "cpu", size_bytes: 4 });
const source = { file: "/home/me/net/blocks.py", line: 71, function: "forward", text: null };

describe("SearchIndex", () => {
  const nodes = [
    node(".", null, { type: "Net" }),
    node("body.conv", ".", { type: "Conv2d", attributes: { stride: "2×2" }, outputs: [spec([1, 64, 56, 56])], source }),
    node("conv", ".", { type: "Conv2d" }),
    node("convolution", ".", { type: "Block" }),
    node("preconv", ".", { type: "Block" }),
    node("fc", ".", { type: "Linear", parameters: ["fc.weight"] }),
  ];
  const index = new SearchIndex(new RunIndex(documentOf(nodes)));
  const ids = (query: string) => index.find(query).map(({ id }) => id);

  it("ranks names first: whole, at the start, within; then types", () => {
    expect(ids("conv")).toEqual(["body.conv", "conv", "convolution", "preconv"]);
    expect(ids("conv2d")).toEqual(["body.conv", "conv"]);
  });

  it("finds by shape, setting, parameter and place in the source, and says why", () => {
    expect(index.find("64x56x56")).toEqual([{ id: "body.conv", why: "1×64×56×56" }]);
    expect(index.find("stride=2")).toEqual([{ id: "body.conv", why: "stride 2×2" }]);
    expect(index.find("blocks.py:71")).toEqual([{ id: "body.conv", why: "blocks.py:71" }]);
    expect(index.find("fc.weight")[0]).toEqual({ id: "fc", why: "fc.weight" });
    expect(index.find("conv")[0]?.why).toBe("");
  });

  it("wants every word", () => {
    expect(ids("conv2d blocks.py")).toEqual(["body.conv"]);
    expect(ids("conv2d nowhere")).toEqual([]);
    expect(ids(" ")).toEqual([]);
  });

  it("gives the first of 20,000", () => {
    const many = Array.from({ length: 20_000 }, (_, i) => node(`layer${i}`, "."));
    const large = new SearchIndex(new RunIndex(documentOf([node(".", null), ...many])));
    expect(large.find("layer19999").map(({ id }) => id)).toEqual(["layer19999"]);
    expect(large.find("layer")).toHaveLength(50);
  });
});
