import { describe, expect, it } from "vitest";
import type { Run } from "../generated/document";
import { applied, type Change } from "./changes";

const COLUMNS = [{ name: "step", kind: "integer", meaning: "", unit: "", label: "", groups: "none" }] as never;

function run(steps: number[]): Run {
  return { name: "net", findings: [], tables: { scalars: { name: "scalars", columns: COLUMNS, cells: { step: steps } } } } as never;
}

function rows(from: number, steps: number[]): Change {
  return { version: "a.2", tables: { scalars: { from, columns: from ? [] : COLUMNS, cells: { step: steps } } } };
}

describe("applied", () => {
  it("appends rows, and says which table grew", () => {
    const grown = run([1, 2]);
    expect(applied(grown, rows(2, [3, 4]))).toEqual(new Set(["scalars"]));
    expect(grown.tables["scalars"]!.cells["step"]).toEqual([1, 2, 3, 4]);
  });

  it("takes rows that came twice once", () => {
    const grown = run([1, 2, 3]);
    applied(grown, rows(2, [3, 4]));
    expect(grown.tables["scalars"]!.cells["step"]).toEqual([1, 2, 3, 4]);
  });

  it("begins a table anew, also one that was not there", () => {
    const grown = run([1, 2, 3]);
    applied(grown, rows(0, [1]));
    expect(grown.tables["scalars"]!.cells["step"]).toEqual([1]);
    const empty = { ...run([]), tables: {} } as Run;
    applied(empty, rows(0, [5]));
    expect(empty.tables["scalars"]!.cells["step"]).toEqual([5]);
  });

  it("keeps tables and graphs when the rest of the run is said anew", () => {
    const grown = run([1]);
    applied(grown, { version: "a.3", run: { name: "other", tables: {}, graph: null } });
    expect(grown.name).toBe("other");
    expect(Object.keys(grown.tables)).toEqual(["scalars"]);
    expect("graph" in grown).toBe(false);
  });
});
