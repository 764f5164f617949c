import { describe, expect, it } from "vitest";
import { addBottom, addTop, assignTracks, forkColumns, makeComb, type Comb } from "./channels";

function comb(net: number, tops: number[], bottoms: number[]): Comb {
  const made = makeComb(net);
  for (const x of tops) addTop(made, x);
  for (const x of bottoms) addBottom(made, x);
  return made;
}

describe("assignTracks", () => {
  it("needs no track for what goes straight down", () => {
    expect(assignTracks([comb(0, [10], [10]), comb(1, [50], [50])])).toBe(0);
  });

  it("shares a track between lines that do not meet", () => {
    const [left, right] = [comb(0, [0], [40]), comb(1, [100], [140])];
    expect(assignTracks([left, right])).toBe(1);
    expect([left.level, right.level]).toEqual([0, 0]);
  });

  it("puts the line that comes from above in another's column on the higher track", () => {
    const [first, second] = [comb(0, [0], [50]), comb(1, [50], [100])];
    expect(assignTracks([first, second])).toBe(2);
    expect(second.level).toBeLessThan(first.level);
  });

  it("nests lines rather than crossing them", () => {
    const [outer, inner] = [comb(0, [0], [100]), comb(1, [20], [80])];
    assignTracks([outer, inner]);
    expect(inner.level).not.toBe(outer.level);
  });
});

describe("forkColumns", () => {
  it("marks where a branch leaves a line that goes on", () => {
    expect(forkColumns(comb(0, [0], [0, 80]))).toEqual([0]);
    expect(forkColumns(comb(0, [0], [-50, 40, 80]))).toEqual([40]);
  });

  it("marks neither a turn nor a plain split to both sides", () => {
    expect(forkColumns(comb(0, [0], [80]))).toEqual([]);
    expect(forkColumns(comb(0, [0], [-80, 80]))).toEqual([]);
  });
});
