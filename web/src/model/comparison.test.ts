import { describe, expect, it } from "vitest";
import { ComparisonIndex } from "./comparison";
import { RunIndex } from "./run";
import { documentOf, node, runOf, tableOf } from "./testing/document";

/** `old` was removed, `block.x` was added with an op in it, `b` moved to `c`, and `fc` changed. */
function compared(): ComparisonIndex {
  const before = [node(".", null), node("block", "."), node("old", "."), node("b", "."), node("fc", ".")];
  const after = [node(".", null), node("block", "."), node("block.x", "block"), node("block.x/op:0", "block.x", { kind: "op" }), node("c", "."), node("fc", ".")];
  const row = (kind: string, node: string, before_node: string, what = "node") => ({ run: "two", kind, node, before_node, what, before: "p", after: "q", count: 1 });
  const pair = (node: string, before_node: string) => ({ run: "two", node, before_node });
  const tables = [
    tableOf("differences", [row("removed", "", "old"), row("added", "block.x", ""), row("moved", "c", "b"), row("changed", "fc", "fc", "type")]),
    tableOf("matches", [pair(".", "."), pair("block", "block"), pair("c", "b"), pair("fc", "fc")]),
  ];
  const document = { ...documentOf(after, tables), comparison: { names: ["one", "two"], runs: [runOf(before)] } };
  return new ComparisonIndex(document, new RunIndex(document));
}

describe("RunPair", () => {
  const pair = compared().pair(null);

  it("knows which node is which", () => {
    expect(pair.counterpart("b", "before")).toBe("c");
    expect(pair.counterpart("c", "after")).toBe("b");
    expect(pair.counterpart("old", "before")).toBeNull();
    expect(pair.counterpart("block.x", "after")).toBeNull();
  });

  it("says what is different about each", () => {
    const kinds = (side: "before" | "after", ids: string[]) => ids.map((id) => pair.of(id, side).kind);
    expect(kinds("before", ["old", "b", "fc", "block"])).toEqual(["removed", "moved", "changed", null]);
    expect(kinds("after", ["block.x", "block.x/op:0", "c", "fc", "."])).toEqual(["added", "added", "moved", "changed", null]);
  });

  it("counts what differs inside a group", () => {
    expect(pair.of("block", "after").inside).toBe(2);
    expect(pair.of("block", "before").inside).toBe(0);
    expect(pair.of(".", "after").inside).toBe(4);
  });

  it("gives the rows of a node on either side", () => {
    expect(pair.rowsOf("old", "before").map(({ kind }) => kind)).toEqual(["removed"]);
    expect(pair.rowsOf("fc", "after").map(({ what }) => what)).toEqual(["type"]);
  });

  it("takes the nearest run where none of that name is there", () => {
    expect(compared().pair("nobody").name).toBe("two");
  });
});
