import { describe, expect, it } from "vitest";
import { documentOf, node, ones, tableOf } from "./testing/document";
import { type Measure, measures } from "./measures";
import { RunIndex } from "./run";

const LATEST = { step: null, split: null };
const NODES = [
  node(".", null),
  node("block", ".", { type: "Sequential" }),
  node("block.a", "block", { atomic: true }),
  node("block.a/linear:0", "block.a", { kind: "op", type: "linear" }),
  node("block.b", "block", { atomic: true }),
  node("head", ".", { atomic: true }),
];

function measured(...tables: ReturnType<typeof tableOf>[]): (name: string) => Measure {
  const all = measures(new RunIndex(documentOf(NODES, tables)));
  return (name) => {
    const found = all.find((measure) => measure.name === name);
    if (!found) throw new Error(`no ${name} among ${all.map((measure) => measure.name).join(", ")}`);
    return found;
  };
}

describe("measures of any table", () => {
  const own = (groups: "sum" | "max" | "none", more: object[] = []) =>
    measured(tableOf("mine", [{ node: "block.a", value: 2 }, { node: "block.b", value: 5 }, ...(more as { node: string; value: number }[])], { value: { groups, unit: "nat", label: "My number", meaning: "what it is" } }))("mine.value");

  it("are offered with label, meaning and unit", () => {
    const measure = own("max");
    expect([measure.label, measure.table, measure.note]).toEqual(["My number", "Your own", "what it is, in nat"]);
    expect(measure.format(2.5)).toBe("2.5 nat");
    expect(measure.short?.(2.5)).toBe("2.5");
  });

  it("give groups the sum or the largest of what is inside, or nothing, and say which", () => {
    expect(own("sum").value("block", LATEST)).toBe(7);
    expect(own("sum").value(".", LATEST)).toBe(7);
    expect(own("sum").groups).toContain("sum");
    expect(own("max").value("block", LATEST)).toBe(5);
    expect(own("max").groups).toContain("largest");
    expect(own("none").value("block", LATEST)).toBeNull();
    expect(own("none").groups).toBe("");
  });

  it("leave a group the number that it has itself", () => {
    expect(own("sum", [{ node: "block", value: 100 }]).value("block", LATEST)).toBe(100);
  });

  it("carry NaN and infinities, and tell them from what was not measured", () => {
    const measure = measured(tableOf("mine", [{ node: "block.a", value: "NaN" }, { node: "block.b", value: null }, { node: "head", value: 1 }], { value: { kind: "number", groups: "max" } }))("mine.value");
    expect(measure.value("block.a", LATEST)).toBeNaN();
    expect(measure.value("block", LATEST)).toBeNaN();
    expect(measure.value("block.b", LATEST)).toBeNull();
    expect([measure.applies("block.b"), measure.applies("block.a/linear:0")]).toEqual([true, false]);
  });

  it("resolve steps, splits and ranks by what is looked at", () => {
    const row = (step: number, split: string, rank: number, value: number) => ({ node: "head", step, split, rank, value });
    const measure = measured(tableOf("mine", [row(0, "train", 0, 1), row(9, "train", 0, 2), row(9, "train", 1, 50), row(9, "test", 0, 3), row(20, "train", 0, 4)]))("mine.value");
    expect(measure.value("head", LATEST)).toBe(4);
    expect(measure.value("head", { step: 9, split: null })).toBe(2);
    expect(measure.value("head", { step: 12, split: "test" })).toBe(3);
    expect(measure.value("head", { step: 5, split: "train" })).toBe(1);
  });

  it("part a table by phase, and leave out places such as steps", () => {
    const find = measured(tableOf("cost", [{ node: "head", phase: "backward", time_s: 0.5, step: 3 }], { time_s: { unit: "s", label: "Time" } }));
    expect(find("cost.time_s.backward").label).toBe("Time, backward");
    expect(find("cost.time_s.backward").format(0.5)).toBe("500 ms");
    expect(() => find("cost.step.backward")).toThrow();
  });

  it("count tied memory once", () => {
    const measure = measured(tableOf("parameters", [{ node: "block.a", size_bytes: 8, tied_to: null }, { node: "block.b", size_bytes: 8, tied_to: "a.weight" }], { size_bytes: { unit: "B", groups: "sum" } }))("parameters.size_bytes");
    expect(measure.value("block", LATEST)).toBe(8);
  });
});

describe("measures of distributions", () => {
  const rows = [
    { node: "block.a", tensor: "a.weight", quantity: "parameter", step: 0, summary: ones(4), units: null, dead_units: null },
    { node: "block.a", tensor: "a.weight", quantity: "parameter", step: 9, summary: ones(4, { minimum: -3, zero: 1 }), units: null, dead_units: null },
    { node: "block.a", tensor: "output", quantity: "activation", step: 9, summary: ones(6), units: 8, dead_units: 2 },
    { node: "block.b", tensor: "output", quantity: "activation", step: 9, summary: ones(6), units: 2, dead_units: 2 },
  ];
  const find = measured(tableOf("distributions", rows as never));

  it("follow the step", () => {
    expect(find("parameter.largest").value("block.a", LATEST)).toBe(3);
    expect(find("parameter.largest").value("block.a", { step: 4, split: null })).toBe(1);
    expect(find("parameter.zeros").value("block.a", LATEST)).toBe(0.25);
  });

  it("pool dead units over what is inside a group", () => {
    expect(find("activation.dead").value("block.a", LATEST)).toBe(0.25);
    expect(find("activation.dead").value("block", LATEST)).toBe(0.4);
    expect(find("activation.dead").value("head", LATEST)).toBeNull();
  });

  it("never draw what diverged as 0 or as not measured", () => {
    const broken = { total: 0, total_squares: 0, total_absolute: 0, minimum: null, maximum: null, nan: 4 };
    const part = { total: 3, total_squares: 3, total_absolute: 3, nan: 1 };
    const row = (node: string, summary: ReturnType<typeof ones>) => ({ node, tensor: "w", quantity: "parameter", step: 0, summary, units: null, dead_units: null });
    const diverged = measured(tableOf("distributions", [row("block.a", ones(4, broken)), row("block.b", ones(4, part))] as never));
    for (const name of ["parameter.largest", "parameter.mean", "weights"]) {
      expect(diverged(name).value("block.a", LATEST)).toBeNaN();
      expect(diverged(name).value("block.b", LATEST)).toBeNaN();
    }
    expect(diverged("parameter.nonfinite").value("block.a", LATEST)).toBe(4);
  });

  it("speak of values that are not finite only where there are some", () => {
    expect(() => find("parameter.nonfinite")).toThrow();
  });
});
