import { describe, expect, it } from "vitest";
import { agoText, type RunRow, RunList, valueText } from "./runlist";
import { sparkPath } from "./spark";

function row(id: string, more: Partial<RunRow> = {}): RunRow {
  return { id, name: id, place: id, created: "2025-01-01T00:00:00+00:00", changed_s: 0, last_step: null, state: "ended", glance: null, ...more };
}

describe("RunList", () => {
  it("takes rows in the place of those before, and lets go of what went", () => {
    const list = new RunList();
    list.take({ version: "a.1", whole: true, rows: [row("x"), row("y")], gone: [] });
    expect(list.take({ version: "a.2", whole: false, rows: [row("y", { state: "running" })], gone: ["x", "z"] }).gone).toEqual(["x"]);
    expect([list.total, list.running]).toEqual([1, 1]);
  });

  it("holds nothing but what a whole list has", () => {
    const list = new RunList();
    list.take({ version: "a.1", whole: true, rows: [row("x"), row("y")], gone: [] });
    expect(list.take({ version: "b.1", whole: true, rows: [row("y")], gone: [] }).gone).toEqual(["x"]);
  });

  it("gives the newest first, and one that was begun nobody knows when by its last change", () => {
    const list = new RunList();
    list.take({ version: "a.1", whole: true, gone: [], rows: [row("old"), row("new", { created: "2025-06-01T00:00:00+00:00" }), row("log", { created: "", changed_s: Date.parse("2025-03-01") / 1000 })] });
    expect(list.sorted().map((run) => run.id)).toEqual(["new", "log", "old"]);
  });

  it("finds runs in which every word stands somewhere", () => {
    const list = new RunList();
    const glance = { model: "ResNet", loss: "", steps: [], values: [], last: null, step: null, trouble: "" };
    list.take({ version: "a.1", whole: true, gone: [], rows: [row("a", { name: "first", glance }), row("b", { name: "second", state: "running" })] });
    expect(list.found("resnet first").map((run) => run.id)).toEqual(["a"]);
    expect(list.found("RUNNING").map((run) => run.id)).toEqual(["b"]);
    expect(list.found("resnet second")).toEqual([]);
    expect(list.found("  ")).toHaveLength(2);
  });
});

describe("words of a row", () => {
  it.each([[3, "now"], [12, "10 s ago"], [61, "1 min ago"], [7300, "2 h ago"], [200_000, "2 d ago"], [-5, "now"]])("%d seconds are %s", (past, words) => {
    expect(agoText(1000 - past, 1000)).toBe(words);
  });

  it("says what is no number, and what is not there", () => {
    expect(["NaN", "Infinity", "-Infinity", null, 2].map((value) => valueText(value, String))).toEqual(["NaN", "Inf", "−Inf", "–", "2"]);
  });
});

describe("sparkPath", () => {
  it("breaks at what is no number", () => {
    expect(sparkPath([0, 1, 2, 3], [1, "NaN", 0, 1], 102, 24).match(/M/g)).toHaveLength(2);
  });

  it("draws nothing of no numbers, and a point of one", () => {
    expect(sparkPath([0, 1], ["NaN", "Infinity"], 100, 20)).toBe("");
    expect(sparkPath([5], [1], 102, 24)).toBe("M51.0 12.0h0.01");
  });

  it("has the highest value on top", () => {
    expect(sparkPath([0, 10], [0, 1], 102, 24)).toBe("M1.0 22.0L101.0 2.0");
  });
});
