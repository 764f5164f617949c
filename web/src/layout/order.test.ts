import { expect, it } from "vitest";
import { buildLayers } from "./layers";
import { countCrossings, orderLayers } from "./order";
import { rankVertices } from "./ranks";
import type { Block, BlockVertex } from "./types";

function blockOf(count: number, pairs: [number, number][]): Block {
  const vertices: BlockVertex[] = Array.from({ length: count }, () => ({ width: 80, height: 22, role: "item" }));
  const edges = pairs.map(([source, target]) => ({ source, target, net: source, kind: 0, exit: 0, entry: null }));
  return { vertices, edges, portsStay: false, inset: { top: 0, left: 0, right: 0, bottom: 0 }, minWidth: 0, minHeight: 0, clearLeft: 0 };
}

function layersOf(block: Block): { layered: ReturnType<typeof buildLayers>; layers: number[][] } {
  const layered = buildLayers(block, rankVertices(block));
  return { layered, layers: orderLayers(layered, false).layers };
}

function positions(layers: number[][], count: number): Float64Array {
  const position = new Float64Array(count);
  for (const layer of layers) layer.forEach((vertex, i) => (position[vertex] = i));
  return position;
}

it("counts crossings as a look at every pair of edges does", () => {
  const pairs: [number, number][] = [];
  for (let a = 0; a < 6; a++) for (let b = 6; b < 12; b++) if ((a * 7 + b * 5) % 3 !== 0) pairs.push([a, b]);
  const { layered, layers } = layersOf(blockOf(12, pairs));
  const position = positions(layers, 12);
  let expected = 0;
  for (const [a, b] of pairs) {
    for (const [c, d] of pairs) {
      if (position[a]! < position[c]! && position[b]! > position[d]!) expected++;
    }
  }
  expect(expected).toBeGreaterThan(0);
  expect(countCrossings(layered, layers, position)).toBe(expected);
});

it("untangles what can be drawn without crossings", () => {
  const { layered, layers } = layersOf(blockOf(8, [[0, 7], [1, 6], [2, 5], [3, 4]]));
  expect(countCrossings(layered, layers, positions(layers, 8))).toBe(0);
});

it("keeps the longer way left and the skip right of it", () => {
  const { layers } = layersOf(blockOf(4, [[0, 3], [0, 1], [1, 2], [2, 3]]));
  expect(layers.map((layer) => layer[0]).filter((vertex) => vertex !== undefined)).toEqual([0, 1, 2, 3]);
});

it("lets long edges of one tensor share their bends", () => {
  const chain: [number, number][] = Array.from({ length: 9 }, (_, i) => [i, i + 1]);
  const skips: [number, number][] = Array.from({ length: 8 }, (_, i) => [0, i + 2]);
  const block = blockOf(10, [...chain, ...skips]);
  expect(buildLayers(block, rankVertices(block)).rank.length - 10).toBe(8);
});
