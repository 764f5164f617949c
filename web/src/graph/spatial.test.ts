import { expect, it } from "vitest";
import { SpatialIndex, type Area } from "./spatial";

function boxes(count: number): Area[] {
  let state = 7;
  const next = (most: number): number => ((state = (state * 1103515245 + 12345) % 2147483648) / 2147483648) * most;
  return Array.from({ length: count }, () => {
    const [left, top] = [next(10_000), next(30_000)];
    return { left, top, right: left + next(300), bottom: top + next(60) };
  });
}

it.each([0, 1, 15, 16, 17, 1000])("finds the same of %d boxes as looking at each", (count) => {
  const all = boxes(count);
  const index = new SpatialIndex(all);
  for (const area of [
    { left: 0, top: 0, right: 2000, bottom: 4000 },
    { left: 5000, top: 15_000, right: 5000, bottom: 15_000 },
    { left: -1e9, top: -1e9, right: 1e9, bottom: 1e9 },
    { left: 1e6, top: 0, right: 2e6, bottom: 1 },
    all[0] ?? { left: 0, top: 0, right: 0, bottom: 0 },
  ]) {
    const expected = all.flatMap((box, i) =>
      box.left <= area.right && box.right >= area.left && box.top <= area.bottom && box.bottom >= area.top ? [i] : [],
    );
    expect(index.search(area)).toEqual(expected);
  }
});
