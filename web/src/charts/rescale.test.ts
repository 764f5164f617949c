import { describe, expect, it } from "vitest";
import type { Panel, Ridges } from "../generated/document";
import { linesPicture, scaleOfLines } from "./lines";
import { WHOLE } from "./picture";
import { rebinned, rescaled, scalingOf } from "./rescale";
import { symlogBetween } from "./scale";
import { axis, heatmap, panel, series } from "./testing/panels";

const EDGES = [-10, -1, 1, 10];
const RIDGES: Ridges = { kind: "ridges", edges: EDGES, shares: [[0.25, 0, 0.75], []], label: "w", role: "weights", zero: [0, null], spread: [1, null], odd: [], nodes: [], missing: [], filled: "all" };
const ridges = panel([RIDGES], { x: axis({ label: "weight", scale: "symlog" }), y: axis({ scale: "category", categories: ["a", "b"] }) });

describe("the axis of a chart", () => {
  it("is chosen for what has values, and for nothing else", () => {
    expect(scalingOf(ridges)).toBe("symlog");
    expect(scalingOf(panel([series([0, 1], [1, 2])]))).toBe("linear");
    expect(scalingOf(panel([heatmap([[1]], { unit: "", scale: "log" })]))).toBe("log");
    expect(scalingOf(panel([heatmap([[1]])]))).toBeNull(); // shares stay from 0 to 100 %
    expect(scalingOf(panel([]))).toBeNull();
  });

  it("keeps all of a row when its bins are made anew, and folds both signs on a log axis", () => {
    const [edges, rows] = rebinned(EDGES, RIDGES.shares, "linear");
    expect(edges[0]).toBe(-10);
    expect(edges.at(-1)).toBe(10);
    expect(rows[0]!.map(Number).reduce((a, b) => a + b)).toBeCloseTo(1);
    expect(rows[0]!.slice(0, 30).map(Number).reduce((a, b) => a + b)).toBeCloseTo(0.25);
    expect(rows[1]).toEqual([]);
    expect(rebinned(EDGES, RIDGES.shares, "log")).toEqual([[1, 10], [[1], []]]);
    const shown = rescaled(ridges, "log");
    expect(shown.x).toMatchObject({ scale: "log", label: "|weight|" });
    expect(rescaled(ridges, "symlog").marks[0]).toEqual(RIDGES);
  });

  it("is symmetric and logarithmic for curves, straight near zero, and can be inverted", () => {
    const scale = symlogBetween([-1, 0, 1e-2, 1]);
    expect(scale.place(0)).toBeCloseTo(0.5);
    expect(scale.place(1)).toBeCloseTo(1 - scale.place(-1));
    expect(scale.place(0.1) - scale.place(0.01)).toBeCloseTo(scale.place(1) - scale.place(0.1));
    for (const value of [-1, -0.02, 0, 0.003, 0.5]) expect(scale.at(scale.place(value))).toBeCloseTo(value);
    expect(scale.ticks.map(({ label }) => label)).toContain("−1");
    expect(symlogBetween([]).kind).toBe("linear");
  });
});

describe("bands and guides beneath lines", () => {
  const band = { kind: "envelope", x: [0, 1, 2, 3], low: [1, 1, null, 1], high: [2, 3, null, 9], label: "5 to 95 %", role: "weights", strength: 0.2 } as const;
  const zone = { kind: "zone", axis: "y", low: 1e-4, high: 100, label: "folklore", hatched: false } as const;
  const made = panel([zone, { ...band, x: [...band.x], low: [...band.low], high: [...band.high] }, series([0, 1, 2, 3], [1, 2, null, 3])] as Panel["marks"], { y: axis({ scale: "log" }) });

  it("reach over the axis, and break where nothing was measured", () => {
    expect(scaleOfLines(made).domain[1]).toBeGreaterThan(100);
    const bands = linesPicture(made, 400, WHOLE).shapes.filter((shape) => shape.kind === "path" && shape.opacity === 0.2);
    expect(bands).toHaveLength(1); // a stretch of one point has no area
    expect(linesPicture(made, 400, WHOLE).shapes.some((shape) => shape.kind === "text" && shape.text === "folklore")).toBe(true);
  });

  it("say what they are of where the axis has layers instead of numbers", () => {
    const layers = panel([series([0, 1], [1, 2])], { x: axis({ scale: "category", categories: ["conv1", "fc"] }) });
    const words = linesPicture(layers, 400, WHOLE).shapes.flatMap((shape) => (shape.kind === "text" ? [shape.text] : []));
    expect(words).toEqual(expect.arrayContaining(["conv1", "fc"]));
  });
});
