import { expect, it } from "vitest";
import type { LayoutNode } from "../layout/layout";
import type { DrawnFold } from "../model/drawn";
import { cellOf, foldFigure, memberAt, memberOf, numbered } from "./fold_figure";

function fold(count: number, member = 0): DrawnFold {
  const members = Array.from({ length: count }, (_, i) => [`layers.${i}`]);
  return { fold: { id: "f", parent: ".", members, contents: members }, member, inline: false, sheets: 3 };
}

const closed: LayoutNode = { id: "f", x: 10, y: 20, width: 300, height: 53, depth: 1, header: null, box: null };

it("draws a cell for each member, and the sheets below the front", () => {
  const { front, strip } = foldFigure(closed, fold(32), undefined);
  expect([front.width, front.height]).toEqual([300 - 3 * 5, 53 - 3 * 5]);
  expect(strip.cells).toBe(32);
  expect(strip.y + strip.height).toBeLessThan(front.y + front.height);
  for (const member of [0, 17, 31]) {
    const cell = cellOf(strip, 32, member);
    expect(memberAt(strip, 32, cell.x + cell.width / 2)).toBe(member);
  }
});

it("lets a cell stand for several members when there are too many, the drawn one before others", () => {
  const { strip } = foldFigure(closed, fold(1000), undefined);
  expect(strip.cells).toBeLessThan(200);
  expect(strip.gap).toBe(0);
  const cell = Math.floor((503 * strip.cells) / 1000);
  expect(memberOf(strip, 1000, cell, 503)).toBe(503);
  expect(memberOf(strip, 1000, cell, 0)).not.toBe(503);
  expect(memberAt(strip, 1000, strip.x - 50)).toBe(0);
  expect(memberAt(strip, 1000, strip.x + strip.width + 50)).toBe(999);
});

it("numbers as many members as there is room for, the last one always", () => {
  const { strip } = foldFigure(closed, fold(32), undefined);
  expect(numbered(strip, 32, 26)).toEqual([0, 4, 8, 12, 16, 20, 24, 31]);
});
