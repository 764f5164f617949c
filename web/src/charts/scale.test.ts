import { describe, expect, it } from "vitest";
import { linearScale, logScale, symlogScale } from "./scale";

const labels = (scale: { ticks: { label: string }[] }): string[] => scale.ticks.map(({ label }) => label);

describe("linearScale", () => {
  it("begins at zero, ends round, and has at most six ticks", () => {
    const scale = linearScale([3, 71]);
    expect(scale.domain).toEqual([0, 80]);
    expect(labels(scale)).toEqual(["0", "20", "40", "60", "80"]);
    expect(scale.place(40)).toBeCloseTo(0.5);
  });

  it("keeps away from zero when asked, and holds negative values", () => {
    expect(linearScale([0.6, 0.97], false).domain).toEqual([0.6, 1]);
    expect(linearScale([-4, 4]).place(0)).toBeCloseTo(0.5);
  });

  it("stands without any value", () => {
    expect(linearScale([]).domain).toEqual([0, 1]);
    expect(linearScale([NaN, Infinity]).domain).toEqual([0, 1]);
  });
});

describe("logScale", () => {
  it("ticks at 1 and 3 over few decades", () => {
    expect(labels(logScale([0.03, 3]))).toEqual(["0.03", "0.1", "0.3", "1", "3"]);
  });

  it("ticks at powers of ten over many", () => {
    expect(labels(logScale([1e-9, 1]))).toEqual(["10⁻⁸", "10⁻⁶", "10⁻⁴", "0.01", "1"]);
  });

  it("places by ratio, and ignores what has no logarithm", () => {
    const scale = logScale([0, -1, 1, 100]);
    expect(scale.place(10)).toBeCloseTo(0.5);
    expect(scale.place(0)).toBe(0);
  });

  it("widens a single value to a range", () => {
    const scale = logScale([5]);
    expect(scale.place(5)).toBeCloseTo(0.5);
  });
});

describe("symlogScale", () => {
  const scale = symlogScale(-6, 0);

  it("has zero in the middle and mirrors the rest", () => {
    expect(scale.place(0)).toBe(0.5);
    expect(scale.place(1)).toBeCloseTo(1);
    expect(scale.place(-1)).toBeCloseTo(0);
    expect(scale.place(1e-3) - 0.5).toBeCloseTo(0.5 - scale.place(-1e-3));
  });

  it("writes no label into that of zero", () => {
    const places = scale.ticks.map(({ value }) => scale.place(value));
    const nearest = Math.min(...places.filter((place) => place !== 0.5).map((place) => Math.abs(place - 0.5)));
    expect(nearest).toBeGreaterThan(0.08);
    expect(labels(scale)).toContain("0");
  });

  it("clamps what lies outside", () => {
    expect(scale.place(1e9)).toBeCloseTo(1);
    expect(scale.place(1e-30)).toBeCloseTo(scale.place(1e-6));
  });
});
