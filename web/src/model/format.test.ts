import { describe, expect, it } from "vitest";
import { bytes, count, figures, inUnit, percent, power, seconds, si, toNumber } from "./format";

describe("numbers as people read them", () => {
  it.each([
    [0, "0"], [3, "3"], [0.0934, "0.0934"], [61.84, "61.8"], [1234, "1234"], [-2.5, "−2.5"],
    [2.31e-4, "2.3·10⁻⁴"], [5e7, "5·10⁷"], [NaN, "NaN"], [Infinity, "∞"], [-Infinity, "−∞"],
  ])("figures(%f) is %s", (value, text) => expect(figures(value)).toBe(text));

  it.each([[11_181_642, "11.18 M"], [1_850_000_000, "1.85 G"], [512, "512"], [9408, "9,408"]])("si(%i) is %s", (value, text) => expect(si(value)).toBe(text));

  it.each([[0, "0"], [0.0618, "61.8 ms"], [8.2e-5, "82 µs"], [2, "2 s"]])("seconds(%f) is %s", (value, text) => expect(seconds(value)).toBe(text));

  it.each([[10, "10 B"], [2560, "2.5 KiB"], [44_726_568, "42.7 MiB"]])("bytes(%i) is %s", (value, text) => expect(bytes(value)).toBe(text));

  it.each([[1, "100.0"], [0.751, "75.1"], [0.0047, "0.47"], [1e-6, "<0.01"], [0, "0.0"]])("percent(%f) is %s", (value, text) => expect(percent(value)).toBe(text));

  it("writes powers, counts and units", () => {
    expect(power(-3)).toBe("10⁻³");
    expect(count(147968)).toBe("147,968");
    expect(inUnit(0.0035, "s")).toBe("3.5 ms");
  });
});

describe("toNumber", () => {
  it("takes what is not measured and what is not finite for no number", () => {
    expect([null, undefined, "NaN", "Infinity", NaN].map(toNumber)).toEqual([null, null, null, null, null]);
    expect(toNumber(0)).toBe(0);
  });
});

describe("si of negative numbers", () => {
  it("has a true minus", () => {
    expect(si(-15_200)).toBe("−15.20 k");
  });
});
