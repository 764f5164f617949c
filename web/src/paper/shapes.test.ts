import { expect, it } from "vitest";
import type { Segment } from "./drawing";
import { hatch, roundedLine } from "./shapes";

const pointsOf = (segments: Segment[]): [number, number][] =>
  segments.flatMap((segment) => (segment[0] === "Z" ? [] : [[segment.at(-2), segment.at(-1)] as [number, number]]));

it("keeps hatching inside a box with round corners", () => {
  const box = { x: 10, y: 20, width: 120, height: 26 };
  const lines = pointsOf(hatch(box, 6));
  expect(lines.length).toBeGreaterThan(30);
  for (const [x, y] of lines) {
    const dx = Math.max(16 - x, x - 124, 0);
    const dy = Math.max(26 - y, y - 40, 0);
    expect(Math.hypot(dx, dy)).toBeLessThan(6.01);
  }
});

it("ends a line inside the head of its arrow and rounds its corners", () => {
  const line = roundedLine([[0, 0], [0, 40], [50, 40]], () => false);
  expect(line.map(([kind]) => kind)).toEqual(["M", "L", "C", "L"]);
  expect(pointsOf(line).at(-1)).toEqual([45, 40]);
  const forked = roundedLine([[0, 0], [0, 40], [50, 40]], () => true);
  expect(forked.map(([kind]) => kind)).toEqual(["M", "L", "L"]);
});
