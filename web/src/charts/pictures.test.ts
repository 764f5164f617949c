import { visible } from "../model/names";
import { describe, expect, it } from "vitest";
import { fileName } from "./download";
import { drawingOf } from "./drawing";
import { type Picture, type TextShape, WHOLE, fitted, hatched, textWidth } from "./picture";
import { axis, heatmap, panel, scatter, series } from "./testing/panels";

function draw(made: ReturnType<typeof panel>, zoom = WHOLE, width = 600): Picture {
  return drawingOf(made)!(width, zoom, "light");
}

function texts(picture: Picture): string[] {
  return picture.shapes.filter((shape): shape is TextShape => shape.kind === "text").map((shape) => shape.text);
}

const CLASSES = ["cat", "dog", "owl"];
const confusion = panel([heatmap([[90, 10, 0], [0, 80, 20], [null, "NaN", 100]], { text: [["9", "1", ""], ["", "8", "2"], ["", "", "5"]] })], {
  x: axis({ label: "predicted class", scale: "category", categories: CLASSES }),
  y: axis({ label: "true class", scale: "category", categories: CLASSES }),
});

describe("a confusion matrix", () => {
  const picture = draw(confusion);
  const fills = picture.shapes.flatMap((shape) => (shape.kind === "rect" ? [shape.fill] : []));

  it("leaves its diagonal quiet with its number, and cells of zero without one", () => {
    expect(texts(picture)).toContain("90");
    expect(texts(picture)).not.toContain("0");
    expect(fills.filter((fill) => fill === "sunk")).toHaveLength(5); // three right, two of zero
  });

  it("colours errors over the range of the errors alone", () => {
    expect(fills).toContain("map:1");
    expect(texts(picture)).toContain("0 to 20 % share, errors only");
  });

  it("tells classes, share and count of what is pointed at", () => {
    expect(picture.hits[1]!.tip).toBe("true class cat, predicted class dog: 10 %, 1 examples");
    expect(picture.hits[6]!.tip).toContain("not measured");
    expect(picture.hits[7]!.tip).toContain("NaN");
  });

  it("shows some cells larger when zoomed", () => {
    const zoomed = draw(confusion, { x: [1 / 3, 1], y: [0, 1 / 3] });
    expect(zoomed.hits.map((hit) => hit.tip.split(":")[0])).toEqual(["true class cat, predicted class dog", "true class cat, predicted class owl"]);
  });

  it("writes the names of a hundred classes no closer than can be read", () => {
    const names = Array.from({ length: 100 }, (_, i) => `class ${i}`);
    const large = draw(panel([heatmap(names.map((_, r) => names.map((__, c) => (r === c ? 100 : 0))))], { x: axis({ scale: "category", categories: names }), y: axis({ scale: "category", categories: names }) }), WHOLE, 900);
    const rows = large.shapes.filter((shape): shape is TextShape => shape.kind === "text" && shape.anchor === "end").map((shape) => shape.y);
    expect(rows.length).toBeGreaterThan(20);
    for (const [i, y] of rows.slice(1).entries()) expect(y - rows[i]!).toBeGreaterThanOrEqual(11);
  });
});

describe("a scatter chart", () => {
  const made = panel(
    [scatter([1e3, 1e6, null, 0, 10], [1, 2, 3, 4, "NaN"], { names: ["a", "b", "c", "d", "e"], nodes: ["a", "b", "c", "d", "e"], labelled: [0, 1], missing: ["", "", "no formula", "", ""] })],
    { x: axis({ label: "work", unit: "FLOP", scale: "log" }), y: axis({ label: "time", unit: "s" }) },
  );
  const picture = draw(made);

  it("keeps what has one number only in a lane, and says why", () => {
    expect(texts(picture).join(" ")).toContain("Beside the axes: no formula ×1; work 0 ×1; time NaN ×1");
    const lane = picture.hits.filter(({ node }) => node === "c" || node === "d");
    for (const hit of lane) expect(hit.x + hit.width).toBeLessThan(picture.plot.x);
    expect(picture.hits.find(({ node }) => node === "e")!.y).toBeLessThan(picture.plot.y);
  });

  it("names the points that ask for it", () => {
    expect(texts(picture)).toEqual(expect.arrayContaining(["a", "b"]));
    expect(texts(picture)).not.toContain("c");
  });

  it("leaves out what a zoom does not show", () => {
    const zoomed = draw(made, { x: [0, 0.5], y: [0.5, 1] });
    expect(zoomed.hits.map(({ node }) => node)).toContain("a");
    expect(zoomed.hits.map(({ node }) => node)).not.toContain("b");
  });
});

describe("lines", () => {
  it("break where nothing was measured, and show values that are no number in a lane with a count", () => {
    const picture = draw(panel([series([0, 1, 2, 3, 4], [1, null, 2, "NaN", "Infinity"])], { y: axis({ label: "loss" }) }));
    const path = picture.shapes.find((shape) => shape.kind === "path" && shape.width === 1.6 && shape.stroke === "accent");
    expect(path?.kind === "path" && path.d.match(/M/g)).toHaveLength(2);
    expect(texts(picture)).toContain("1 NaN, 1 Inf");
  });

  it("shade the gap of train and test and say how wide it is", () => {
    const picture = draw(panel([series([0, 1, 2], [0.5, 0.9, 0.99], { role: "train", label: "train" }), series([0, 2], [0.4, 0.5], { label: "test" })], { y: axis({ label: "accuracy", unit: "share" }) }));
    expect(texts(picture)).toContain("gap 49 points");
    expect(picture.shapes.some((shape) => shape.kind === "path" && shape.opacity === 0.09)).toBe(true);
  });

  it("write no gap over a line that runs to and fro through the shade", () => {
    const steps = Array.from({ length: 101 }, (_, i) => i);
    const noisy = steps.map((i) => (i === 100 ? 0.1 : i % 2));
    const lines = [series(steps, noisy, { role: "train", label: "train" }), series([0, 100], [0.9, 0.9], { label: "test" })];
    const written = texts(draw(panel(lines, { y: axis({ label: "loss" }) })));
    expect(written.filter((text) => text.startsWith("gap"))).toEqual([]);
  });

  it("have at most five horizontal gridlines", () => {
    const picture = draw(panel([series([0, 1], [1e-9, 1e9])], { y: axis({ label: "loss", scale: "log" }) }));
    expect(picture.shapes.filter((shape) => shape.kind === "path" && shape.stroke === "line").length).toBeLessThanOrEqual(5);
  });
});

describe("rows", () => {
  const made = panel(
    [{ kind: "bars", heights: [1, null, "NaN", 0], label: "forward", role: "neutral", low: [0.5, null, null, 0], high: [2, null, null, 0], nodes: ["n", "", "", ""], missing: ["", "why not", "", ""] }],
    { x: axis({ scale: "category", categories: ["a", "b", "c", "d"] }), y: axis({ label: "time", unit: "s" }) },
  );
  const picture = draw(made);

  it("draw intervals, hatch what was not measured with its reason, and mark NaN", () => {
    expect(texts(picture)).toContain("why not");
    expect(texts(picture)).toContain("NaN");
    expect(picture.hits.map(({ tip }) => tip)).toEqual(["a: forward 1 s, 500 ms to 2 s", "b: forward why not", "c: forward NaN", "d: forward 0, 0 to 0"]);
  });

  it("draw a rule over the bars, with its label", () => {
    const ruled = draw({ ...made, marks: [...made.marks, { kind: "rule", axis: "y", value: 1.5, label: "budget" }] });
    expect(texts(ruled)).toContain("budget");
    expect(ruled.shapes.some((shape) => shape.kind === "path" && shape.dash?.length === 2 && shape.stroke === "text-3")).toBe(true);
  });

  it("link their node", () => {
    expect(picture.hits.map(({ node }) => node)).toEqual(["n", null, null, null]);
  });
});

describe("ridges", () => {
  const ridges = (shares: number[][]) =>
    panel([{ kind: "ridges", edges: [-10, -1, 1, 10], shares, label: "w", role: "weights", zero: [0.5, 1], spread: [2, 0], odd: ["", "3 NaN"], nodes: ["a", "b"], missing: [], filled: "all" }], {
      x: axis({ label: "weight", scale: "symlog" }),
      y: axis({ scale: "category", categories: ["a", "b"] }),
    });

  it("say spread, zeros and what is not finite", () => {
    const picture = draw(ridges([[0.25, 0, 0.25], [0, 0, 0]]));
    expect(picture.hits.map(({ tip }) => tip)).toEqual(["a: standard deviation 2, 50 % exact zeros", "b: standard deviation 0, 100 % exact zeros, not finite: 3 NaN"]);
    expect(texts(picture)).toContain("3 NaN");
  });

  it("have no negative side where nothing is negative", () => {
    const heads = (shares: number[][]) => draw(ridges(shares)).head!.shapes.map((shape) => (shape.kind === "text" ? shape.text : ""));
    expect(heads([[0.25, 0, 0.25], []])).toContain("−10¹");
    expect(heads([[0, 0, 0.5], []])).not.toContain("−10¹");
  });

  it("hatch a row that was not measured", () => {
    const picture = draw(ridges([[0.25, 0, 0.25], []]));
    expect(texts(picture)).toContain("not measured");
  });
});

describe("texts and shapes", () => {
  it("are fitted by leaving out the middle, the end kept", () => {
    const name = "model.layers.12.self_attention.output.weight";
    const text = fitted(name, 120);
    expect(textWidth(text)).toBeLessThanOrEqual(120);
    expect(text.endsWith("weight")).toBe(true);
    expect(fitted(name, 3)).toBe("…");
  });

  it("show steering characters as escapes", () => {
    expect(visible("a\u202eb\n")).toBe("a\\u202eb\\n");
  });

  it("hatch within the box", () => {
    const [lines] = hatched(10, 20, 30, 12);
    const numbers = lines!.kind === "path" ? lines!.d.match(/[\d.]+/g)!.map(Number) : [];
    expect(Math.min(...numbers.filter((_, i) => i % 2 === 0))).toBeGreaterThanOrEqual(10);
    expect(Math.max(...numbers.filter((_, i) => i % 2 === 0))).toBeLessThanOrEqual(40);
    expect(Math.max(...numbers.filter((_, i) => i % 2 === 1))).toBeLessThanOrEqual(32);
  });
});

describe("fileName", () => {
  it.each([
    [["curves", "loss"], "curves-loss.svg"],
    [["../../etc", "passwd\u0000"], "etc-passwd.svg"],
    [["CON"], "chart-CON.svg"],
    [["日本"], "chart.svg"],
    [["é a/b\\c:d*?"], "e-a-b-c-d.svg"],
    [["x".repeat(300)], `${"x".repeat(80)}.svg`],
  ])("of %j is %s", (parts, name) => {
    expect(fileName(parts, "svg")).toBe(name);
  });
});
