import { describe, expect, it } from "vitest";
import { csvOf } from "./csv";
import { numbersOf } from "./numbers";
import { axis, heatmap, panel, scatter, series } from "./testing/panels";

/** A small reader after RFC 4180, to read back what was written. */
function read(text: string): string[][] {
  const rows: string[][] = [[""]];
  let quoted = false;
  const body = text.replace(/^\ufeff/, "");
  for (let i = 0; i < body.length; i++) {
    const row = rows.at(-1)!;
    const add = (letter: string): void => void row.push(`${row.pop() ?? ""}${letter}`);
    if (quoted) {
      if (body[i] === '"' && body[i + 1] === '"') add(body[i++]!);
      else if (body[i] === '"') quoted = false;
      else add(body[i]!);
    } else if (body[i] === '"') quoted = true;
    else if (body[i] === ",") row.push("");
    else if (body[i] === "\r" && body[i + 1] === "\n") {
      rows.push([""]);
      i++;
    } else add(body[i]!);
  }
  return rows.slice(0, -1);
}

describe("csvOf", () => {
  it("names the units and writes numbers at full precision", () => {
    const made = panel([series([0, 1], [1 / 3, 1e-17])], { x: axis({ label: "steps" }), y: axis({ label: "time", unit: "s" }) });
    expect(read(csvOf(numbersOf(made)))).toEqual([
      ["steps", "time (s)", "series"],
      ["0", "0.3333333333333333", "loss"],
      ["1", "1e-17", "loss"],
    ]);
  });

  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=HYPERLINK(\"http://x\",\"y\")"])("guards the text %j against spreadsheets", (name) => {
    const made = panel([scatter([1], [2], { names: [name], nodes: [name] })]);
    const [, row] = read(csvOf(numbersOf(made)));
    expect(row![0]).toBe(`'${name}`);
  });

  it("does not guard negative numbers, nor minus infinity", () => {
    const made = panel([series([-1, 2], [-0.5, "-Infinity"])]);
    expect(read(csvOf(numbersOf(made))).slice(1).map((row) => row.slice(0, 2))).toEqual([
      ["-1", "-0.5"],
      ["2", "-Infinity"],
    ]);
  });

  it("keeps commas, quotes and line breaks within their field", () => {
    const name = 'a,"b"\r\nc';
    const [, row] = read(csvOf(numbersOf(panel([scatter([1], [2], { names: [name] })]))));
    expect(row![0]).toBe(name);
  });

  it("says why a cell is empty, and never writes zero for it", () => {
    const categories = ["a", "b"];
    const made = panel([heatmap([[1, null]], { text: [["1", "no such class"]] })], { x: axis({ scale: "category", categories, label: "predicted" }), y: axis({ scale: "category", categories: ["t"], label: "true" }) });
    expect(read(csvOf(numbersOf(made)))[2]!.slice(0, 3)).toEqual(["t", "b", "no such class"]);
  });

  it("begins with the mark of UTF-8 and ends its lines as the standard asks", () => {
    const text = csvOf(numbersOf(panel([series([0], [1], { label: "é" })])));
    expect(text.startsWith("\ufeff")).toBe(true);
    expect(text.endsWith("\r\n")).toBe(true);
    expect(text).toContain("é");
  });
});
