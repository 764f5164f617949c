import { describe, expect, it } from "vitest";
import type { TensorSummary } from "../generated/document";
import { decadesOf, figures, magnitudeEdges, merge, scaled, toHistogram } from "./summary";

/** The key of 2 ** exponent * (1 + mantissa / 8), as Python writes it. */
function key(exponent: number, mantissa = 0, sign = 1): number {
  return sign * (16384 + 8 * exponent + mantissa);
}

function summary(change: Partial<TensorSummary> = {}): TensorSummary {
  return {
    count: 0, nan: 0, positive_infinity: 0, negative_infinity: 0, zero: 0, subnormal: 0,
    minimum: null, maximum: null, total: 0, total_squares: 0, total_absolute: 0, bin_keys: [], bin_counts: [],
    ...change,
  };
}

describe("magnitudeEdges", () => {
  it("reads exponent and mantissa off the key, of either sign", () => {
    expect(magnitudeEdges(key(0))).toEqual([1, 1.125]);
    expect(magnitudeEdges(key(-3, 7))).toEqual([0.234375, 0.25]);
    expect(magnitudeEdges(key(2, 4, -1))).toEqual([6, 6.5]);
  });
});

describe("merge", () => {
  const left = summary({ count: 3, zero: 1, minimum: -2, maximum: 1, total: -1, total_squares: 5, total_absolute: 3, bin_keys: [key(1, 0, -1), key(0)], bin_counts: [1, 1] });
  const right = summary({ count: 2, nan: 1, minimum: 1, maximum: 1, total: 1, total_squares: 1, total_absolute: 1, bin_keys: [key(0)], bin_counts: [1] });

  it("adds counts, sums and bins, and keeps the extremes", () => {
    expect(merge([left, right])).toEqual(
      summary({ count: 5, nan: 1, zero: 1, minimum: -2, maximum: 1, total: 0, total_squares: 6, total_absolute: 4, bin_keys: [key(1, 0, -1), key(0)], bin_counts: [1, 2] }),
    );
  });

  it("gives the same in any order", () => {
    expect(merge([right, left])).toEqual(merge([left, right]));
  });

  it("of nothing is null, of one is that one", () => {
    expect(merge([])).toBeNull();
    expect(merge([left])).toBe(left);
  });

  it("keeps a sum beyond fp64 infinite instead of dropping it", () => {
    const huge = summary({ count: 1, total_squares: "Infinity" });
    expect(merge([huge, right])?.total_squares).toBe("Infinity");
  });
});

describe("figures", () => {
  it("gives mean, spread and norm over the finite values", () => {
    const found = figures(summary({ count: 5, nan: 1, zero: 1, total: 4, total_squares: 8 }));
    expect(found).toMatchObject({ finite: 4, nonfinite: 1, zero: 1, mean: 1, std: 1 });
    expect(found.norm).toBeCloseTo(Math.sqrt(8));
  });

  it("has no mean and no spread when nothing is finite", () => {
    expect(figures(summary({ count: 2, nan: 2 }))).toMatchObject({ mean: null, std: null });
  });

  it("says infinite, not zero, where squares exceed fp64", () => {
    expect(figures(summary({ count: 1, total: 1e200, total_squares: "Infinity" })).std).toBe(Infinity);
  });
});

describe("toHistogram", () => {
  const values = summary({ count: 10, zero: 2, bin_keys: [key(3, 1, -1), key(-3), key(3, 1)], bin_counts: [3, 1, 4] });

  it("keeps every value: bins and zeros add up to what was counted", () => {
    const histogram = toHistogram(values, -2, 1);
    expect(histogram.counts.reduce((sum, amount) => sum + amount, 0)).toBeCloseTo(8);
    expect(histogram.zero).toBe(2);
    expect(histogram.edges).toHaveLength(histogram.counts.length + 1);
  });

  it("has four bins a decade, mirrored about zero, ascending", () => {
    const { edges } = toHistogram(values, -2, 1);
    expect(edges).toHaveLength(2 * (3 * 4 + 1));
    expect(edges).toEqual([...edges].sort((a, b) => a - b));
    expect(edges[0]).toBeCloseTo(-10);
    expect(edges.at(-1)).toBeCloseTo(10);
  });

  it("puts each sign on its own side", () => {
    const { edges, counts } = toHistogram(values, -2, 1);
    const below = counts.filter((_, i) => edges[i + 1]! <= 0);
    expect(below.reduce((sum, amount) => sum + amount, 0)).toBeCloseTo(3);
  });

  it("counts what lies outside the decades into the nearest bins", () => {
    const { counts } = toHistogram(values, 0, 0.5);
    expect(counts.reduce((sum, amount) => sum + amount, 0)).toBeCloseTo(8);
  });
});

describe("decadesOf", () => {
  it("leaves out a tail of less than half a per cent towards zero", () => {
    expect(decadesOf(summary({ bin_keys: [key(-40), key(0)], bin_counts: [1, 999] }))).toEqual([0, 1]);
    expect(decadesOf(summary({ bin_keys: [key(-40), key(0)], bin_counts: [10, 990] }))).toEqual([-13, 1]);
  });

  it("is null where everything is zero", () => {
    expect(decadesOf(summary({ count: 4, zero: 4 }))).toBeNull();
  });
});

describe("scaled", () => {
  it("counts a sample as the whole, so that a merged spread is the true one", () => {
    const half = summary({ count: 2, total: 4, total_squares: 8, bin_keys: [key(1)], bin_counts: [2] });
    const whole = summary({ count: 4, zero: 4 });
    const merged = merge([scaled(half, 6), whole])!;
    expect(merged.count).toBe(16);
    expect(merged.bin_counts).toEqual([12]);
    expect(figures(merged).mean).toBeCloseTo(24 / 16);
  });
});
