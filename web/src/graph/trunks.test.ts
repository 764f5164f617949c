import { expect, it } from "vitest";
import type { LayoutEdge } from "../layout/layout";
import { trunksOf } from "./trunks";

const edge = (source: string, role: LayoutEdge["role"], x = 0): LayoutEdge => ({ source, target: "t", tensors: [], role, points: [[9, 9], [x, 20], [x, 40]] });

it("counts the lines that end in one arrow, by what they are", () => {
  const gradients = Array.from({ length: 30 }, (_, i) => edge(`g${i}`, "gradient"));
  expect(trunksOf([...gradients, edge("a", "forward"), edge("b", "forward")])).toEqual([{ from: [0, 20], to: [0, 40], role: "gradient", count: 30 }]);
});

it("counts none of lines with arrows of their own, and a tensor once", () => {
  expect(trunksOf(Array.from({ length: 9 }, (_, i) => edge(`g${i}`, "forward", i)))).toEqual([]);
  expect(trunksOf(Array.from({ length: 9 }, () => edge("same", "forward")))).toEqual([]);
});
