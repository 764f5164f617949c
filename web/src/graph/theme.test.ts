import { describe, expect, it } from "vitest";
import { inkOn, mixColours } from "./theme";

function contrast(first: string, second: string): number {
  const light = (hex: string): number => {
    const [r, g, b] = [1, 3, 5].map((i) => {
      const share = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [a, b] = [light(first), light(second)].sort((x, y) => y - x) as [number, number];
  return (a + 0.05) / (b + 0.05);
}

describe("inkOn", () => {
  it.each(["#faf2c0", "#5abc83", "#01a585", "#048881", "#056c75", "#083a52"])("is readable on %s", (ground) => {
    const ink = inkOn(ground) === "#000" ? "#000000" : "#ffffff";
    expect(contrast(ink, ground)).toBeGreaterThanOrEqual(4.5);
  });

  it("takes short and functional colours", () => {
    expect([inkOn("#fff"), inkOn("rgb(0 0 0)"), inkOn("rgb(250, 240, 200)")]).toEqual(["#000", "#fff", "#000"]);
  });

  it("says what it cannot read", () => {
    expect(() => inkOn("teal")).toThrow('"teal" is not a colour of the form #rrggbb or rgb(r g b)');
  });
});

it("mixes opaque colours", () => {
  expect(mixColours("#000000", "#ffffff", 0.35)).toBe("rgb(166 166 166)");
});
