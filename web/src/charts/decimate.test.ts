import { describe, expect, it } from "vitest";
import { decimated } from "./decimate";

const POINTS = 100_000;
const COLUMNS = 800;

function long(): { places: number[]; values: (number | null)[] } {
  const places = Array.from({ length: POINTS }, (_, i) => (i * COLUMNS) / POINTS);
  const values: (number | null)[] = places.map((x) => Math.sin(x / 30));
  return { places, values };
}

describe("decimated", () => {
  it("keeps every peak, at its own place", () => {
    const { places, values } = long();
    values[54_321] = 99;
    values[54_330] = -99;
    const kept = decimated(places, values);
    expect(kept).toContain(54_321);
    expect(kept).toContain(54_330);
  });

  it("keeps the extremes of each column of pixels and no more than a few points", () => {
    const { places, values } = long();
    const kept = decimated(places, values);
    expect(kept.length).toBeLessThanOrEqual(5 * COLUMNS);
    for (const column of [0, 100, 799]) {
      const inside = places.map((x, i) => ({ x, i })).filter(({ x }) => Math.floor(x) === column).map(({ i }) => values[i]!);
      const shown = kept.filter((i) => Math.floor(places[i]!) === column).map((i) => values[i]!);
      expect(Math.max(...shown)).toBe(Math.max(...inside));
      expect(Math.min(...shown)).toBe(Math.min(...inside));
    }
  });

  it("is in order, with both ends, and keeps breaks", () => {
    const { places, values } = long();
    values[777] = null;
    const kept = decimated(places, values);
    expect(kept).toEqual([...kept].sort((a, b) => a - b));
    expect(kept[0]).toBe(0);
    expect(kept.at(-1)).toBe(POINTS - 1);
    expect(kept).toContain(777);
  });

  it("leaves a short series alone", () => {
    expect(decimated([0, 100, 200], [1, null, 3])).toEqual([0, 1, 2]);
    expect(decimated([], [])).toEqual([]);
  });
});
