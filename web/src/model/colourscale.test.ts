import { describe, expect, it } from "vitest";
import { ColourScale } from "./colourscale";

const range = (count: number, of: (i: number) => number) => Array.from({ length: count }, (_, i) => of(i));

describe("ColourScale", () => {
  it("is linear where values are near each other, logarithmic where they are far apart", () => {
    expect(new ColourScale([1, 2, 3]).kind).toBe("linear");
    expect(new ColourScale([1, 10, 1000]).kind).toBe("log");
    expect(new ColourScale([1, 10, 1000], "linear").kind).toBe("linear");
    expect(new ColourScale([1, 2, 3], "log").kind).toBe("log");
  });

  it("is symmetric about zero where values have both signs", () => {
    const scale = new ColourScale([-1, 0.5, 3]);
    expect([scale.map, scale.kind, scale.low, scale.high]).toEqual(["diverging", "linear", -3, 3]);
    expect(scale.at(0)).toBe(0.5);
    expect(scale.at(-1)).toBeCloseTo(1 / 3);
    const wide = new ColourScale([-1000, -0.1, 0.01, 5]);
    expect(wide.kind).toBe("symlog");
    expect(wide.at(0)).toBe(0.5);
    expect(wide.at(1000) + wide.at(-1000)).toBeCloseTo(1);
    expect(wide.at(5)).toBeGreaterThan(0.6);
  });

  it("clips what is far out, and counts it", () => {
    const scale = new ColourScale([...range(40, (i) => 1 + i / 40), 500], "linear");
    expect(scale.high).toBeLessThan(3);
    expect([scale.above, scale.below]).toEqual([1, 0]);
    expect(scale.at(500)).toBe(1);
    const low = new ColourScale([...range(40, (i) => 10 ** (i / 20)), 1e-12]);
    expect([low.kind, low.below, low.above]).toEqual(["log", 1, 0]);
  });

  it("clips nothing where few values are known", () => {
    expect(new ColourScale([1, 1, 1, 500], "linear").above).toBe(0);
  });

  it("counts what is no number and does not let it set the ends", () => {
    const scale = new ColourScale([1, NaN, 2, Infinity, -Infinity]);
    expect([scale.nan, scale.infinite, scale.low, scale.high, scale.map]).toEqual([1, 2, 1, 2, "sequential"]);
  });

  it("says that zeros have no place on a logarithm", () => {
    const scale = new ColourScale([0, 0, 1, 1000]);
    expect([scale.kind, scale.zeros, scale.below, scale.at(0)]).toEqual(["log", 2, 0, 0]);
  });

  it("stands on one value, on zeros alone and on nothing", () => {
    for (const values of [[5], [0, 0], [-2], [], [NaN]]) {
      const scale = new ColourScale(values);
      expect(scale.high).toBeGreaterThan(scale.low);
      expect(scale.ticks().every(Number.isFinite)).toBe(true);
      for (const value of values.filter(Number.isFinite)) expect(scale.at(value)).toBeGreaterThanOrEqual(0);
    }
  });

  it("writes few ticks, rising, inside the scale", () => {
    for (const values of [[1, 2, 3], [1e-6, 1e6], [-3, 40], [0.2, 0.9]]) {
      const scale = new ColourScale(values);
      const ticks = scale.ticks();
      expect(ticks.length).toBeGreaterThan(1);
      expect(ticks.length).toBeLessThan(7);
      expect(ticks).toEqual([...ticks].sort((a, b) => a - b));
      expect(ticks[0]!).toBeGreaterThanOrEqual(scale.low - 1e-12);
      expect(ticks.at(-1)!).toBeLessThanOrEqual(scale.high * (1 + 1e-9));
    }
  });

  it("holds at the ends of what a number can be", () => {
    const tiny = new ColourScale([5e-324, 5e-324], "log");
    expect(tiny.ticks().length).toBeLessThan(10);
    const huge = new ColourScale([1.7e308, -1.7e308]);
    expect([huge.at(-1.7e308), huge.at(0), huge.at(1.7e308)]).toEqual([0, 0.5, 1]);
    expect(huge.ticks().every(Number.isFinite)).toBe(true);
  });
});
