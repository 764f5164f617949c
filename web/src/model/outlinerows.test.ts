import { describe, expect, it } from "vitest";
import { FoldIndex, spreadOf } from "./foldindex";
import { OutlineRows } from "./outlinerows";
import { RunIndex } from "./run";
import { documentOf, node, tableOf } from "./testing/document";

/** A stem, five equal blocks of two layers each, and a head. */
function made(count = 5): { run: RunIndex; folds: FoldIndex; rows: OutlineRows } {
  const blocks = Array.from({ length: count }, (_, i) => [
    node(`blocks.${i}`, "blocks", { type: "Block" }),
    node(`blocks.${i}.a`, `blocks.${i}`, { atomic: true }),
    node(`blocks.${i}.b`, `blocks.${i}`, { atomic: true }),
    node(`blocks.${i}.b/op:0`, `blocks.${i}.b`, { kind: "op" }),
  ]).flat();
  const nodes = [node(".", null), node("stem", ".", { atomic: true }), node("blocks", "."), ...blocks, node("head", ".", { atomic: true })];
  const folds = Array.from({ length: count }, (_, i) => ({ fold: "f", parent: "blocks", member: i, count, node: `blocks.${i}` }));
  const run = new RunIndex(documentOf(nodes, [tableOf("folds", folds)]));
  const index = new FoldIndex(run);
  return { run, folds: index, rows: new OutlineRows(run, index) };
}

const seen = (rows: OutlineRows, selected: string | null = null) => rows.rows(selected).map((row) => `${"  ".repeat(row.level - 1)}${row.name} ${row.fold ? row.detail : ""}`.trimEnd());

describe("OutlineRows", () => {
  it("begins with the model and what is in it", () => {
    expect(seen(made().rows)).toEqual(["net", "  stem", "  blocks", "  head"]);
  });

  it("shows a fold as one range", () => {
    const { rows } = made();
    rows.setOpen("blocks", true);
    expect(seen(rows)).toEqual(["net", "  stem", "  blocks", "    0 – 4 5 folded", "  head"]);
  });

  it("sets the member with the chosen node apart from those before and after it", () => {
    const { rows } = made(9);
    rows.reveal("blocks.4.a");
    expect(seen(rows, "blocks.4.a")).toEqual(["net", "  stem", "  blocks", "    0 – 3 4 folded", "    4", "      a", "      b", "    5 – 8 4 folded", "  head"]);
  });

  it("makes no range of two", () => {
    const { rows } = made();
    rows.reveal("blocks.2");
    expect(seen(rows, "blocks.2")).toEqual(["net", "  stem", "  blocks", "    0", "    1", "    2", "    3", "    4", "  head"]);
  });

  it("lists the members when the range is opened, whichever is chosen", () => {
    const { rows } = made();
    rows.setOpen("blocks", true);
    rows.setFoldOpen("f", true);
    const shown = ["net", "  stem", "  blocks", "    0 – 4 5 alike", "      0", "      1", "      2", "      3", "      4", "  head"];
    expect(seen(rows)).toEqual(shown);
    expect(seen(rows, "blocks.3")).toEqual(shown);
    expect(rows.parentOf("blocks.3")).toBe("fold f 0");
  });

  it("numbers siblings", () => {
    const found = made().rows.rows(null);
    expect(found.map((row) => [row.position, row.siblings])).toEqual([[1, 1], [1, 3], [2, 3], [3, 3]]);
  });

  it("walks 5,000 members without recursion", () => {
    const { rows } = made(5_000);
    rows.setOpen("blocks", true);
    rows.setFoldOpen("f", true);
    expect(rows.rows("blocks.4999.b")).toHaveLength(5_005);
  });
});

describe("FoldIndex", () => {
  it("finds the counterparts of an inner node", () => {
    const [place] = made(3).folds.placesOf("blocks.1.b");
    expect(place?.nodes).toEqual(["blocks.0.b", "blocks.1.b", "blocks.2.b"]);
    expect([place?.member, place?.names]).toEqual([1, ["0", "1", "2"]]);
    expect(made(3).folds.placesOf("blocks.2.b/op:0")[0]?.nodes).toEqual(["blocks.0.b/op:0", "blocks.1.b/op:0", "blocks.2.b/op:0"]);
    expect(made(3).folds.placesOf("head")).toEqual([]);
  });

  it("gives least, middle and most of what was measured", () => {
    expect(spreadOf([3, null, 1, 2])).toEqual({ least: 1, middle: 2, most: 3, measured: 3 });
    expect(spreadOf([4, 1])?.middle).toBe(2.5);
    expect(spreadOf([1, NaN])?.most).toBeNaN();
    expect(spreadOf([null])).toBeNull();
  });
});
