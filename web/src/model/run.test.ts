import { describe, expect, it } from "vitest";
import type { Document, Finding, Node, Table, TensorSummary } from "../generated/document";
import { RunIndex } from "./run";
import { SearchIndex } from "./searchindex";

function node(id: string, parent: string | null, change: Partial<Node> = {}): Node {
  return { id, kind: "module", name: id, type: "Linear", parent, inputs: [], outputs: [], parameters: [], attributes: {}, flops: null, source: null, order: 0, atomic: false, aten: [], ...change };
}

function table(name: string, rows: Record<string, Table["cells"][string][number]>[]): Table {
  const columns = Object.keys(rows[0] ?? {});
  return { name, columns: [], cells: Object.fromEntries(columns.map((column) => [column, rows.map((row) => row[column] ?? null)])) };
}

function ones(count: number): TensorSummary {
  return { count, nan: 0, positive_infinity: 0, negative_infinity: 0, zero: 0, subnormal: 0, minimum: 1, maximum: 1, total: count, total_squares: count, total_absolute: count, bin_keys: [16384], bin_counts: [count] };
}

const FINDING: Finding = { rule: "dead_relu", severity: "warning", title: "", detail: "", advice: "", nodes: ["block.a"], value: null, threshold: null, unit: "", samples: null, steps: null, source: "", view: "", split: null };

/** A block of two modules that share one weight, and a head outside it. */
function document(): Document {
  const nodes = [
    node(".", null),
    node("block", ".", { type: "Sequential" }),
    node("block.a", "block", { name: "a", atomic: true, parameters: ["a.weight"] }),
    node("block.b", "block", { name: "b", atomic: true, parameters: ["b.weight", "b.bias"] }),
    node("head", ".", { atomic: true, type: "Conv2d" }),
  ];
  const parameter = (owner: string, tensor: string, count: number, tied_to: string | null) => ({ node: owner, tensor, kind: "parameter", count, tied_to });
  const measured = (owner: string, tensor: string, quantity: string, step: number, count: number) => ({ node: owner, tensor, quantity, step, split: "train", summary: ones(count) });
  return {
    run: {
      name: "net", created: "", model: null, classes: [], facts: {}, schema_version: 1, backward: null,
      graph: { nodes: Object.fromEntries(nodes.map((each) => [each.id, each])), edges: [], saved: [], capture: { status: "complete", error: null, failed_node: null, level: "user", unlinked: [], unreached_parameters: [], dispatched_only: [], fast_paths_off: [], host_reads: [], notes: [] } },
      tables: {
        parameters: table("parameters", [parameter("block.a", "a.weight", 6, null), parameter("block.b", "b.weight", 6, "a.weight"), parameter("block.b", "b.bias", 2, null)]),
        distributions: table("distributions", [
          measured("block.a", "a.weight", "parameter", 0, 5),
          measured("block.a", "a.weight", "parameter", 9, 6),
          measured("block.b", "b.bias", "parameter", 9, 2),
          measured("block", "output", "activation", 9, 7),
          measured("block.a", "output", "activation", 9, 100),
        ]),
        cost: table("cost", [{ node: "block", phase: "forward", time_s: 0.5, flops: null }]),
      },
      findings: [FINDING],
      excerpts: [],
      gaps: [{ what: "gradient", reason: "no loss was given", node: null }, { what: "gradient", reason: "frozen", node: "block.a" }],
    },
    views: [],
    comparison: null,
  };
}

describe("RunIndex", () => {
  const run = new RunIndex(document());

  it("counts parameters of everything inside, shared ones once", () => {
    expect(["block.a", "block.b", "block", ".", "head"].map((id) => run.parameterCount(id))).toEqual([6, 8, 8, 8, 0]);
  });

  it("merges the parameters of a group at the last step", () => {
    expect(run.summary("block", "parameter")?.count).toBe(8);
    expect(run.summary("block.a", "parameter")?.count).toBe(6);
  });

  it("keeps the steps apart in the history, first to last", () => {
    expect(run.history("block", "parameter").map(({ step, summary }) => [step, summary.count])).toEqual([[0, 5], [9, 8]]);
    expect(run.history("head", "gradient")).toEqual([]);
  });

  it("takes a group's own outputs, not those of its members", () => {
    expect(run.summary("block", "activation")?.count).toBe(7);
  });

  it("says why a node has no FLOPs, and what a total stands for", () => {
    const data = document();
    const tables = {
      nodes: table("nodes", [
        { node: "block", parameter_count: 8, counting: "no formula" },
        { node: "block.a", parameter_count: 6, counting: "nothing to count" },
        { node: "block.b", parameter_count: 8, counting: "counted" },
        { node: ".", parameter_count: 8, counting: "counted" },
      ]),
      flop_coverage: table("flop_coverage", [{ node: ".", short: "counts 60 % of op time", statement: "Counted: 60 %." }]),
    };
    const run = new RunIndex({ ...data, run: { ...data.run, tables: { ...data.run.tables, ...tables } } });
    expect(["block", "block.a", "block.b", "head"].map((id) => run.withoutFlops(id))).toEqual(["not counted, no formula", "nothing to count", null, null]);
    expect(run.flopCoverage(".")).toEqual({ short: "counts 60 % of op time", statement: "Counted: 60 %." });
    expect(run.flopCoverage("block")).toBeNull();
  });

  it("says null where nothing was measured, never 0", () => {
    expect(run.summary("head", "activation")).toBeNull();
    expect(run.cost("head", "time_s")).toBeNull();
    expect(run.cost("block", "flops")).toBeNull();
    expect(run.gradientNorm("block.a")).toBeNull();
  });

  it("finds findings of what is inside a group", () => {
    expect(run.findingsOf("block")).toEqual([FINDING]);
    expect(run.findingsOf("block.b")).toEqual([]);
  });

  it("gives a node's own reason before that of the whole model", () => {
    expect(run.gapsOf("block.a", "gradient").map((gap) => gap.reason)).toEqual(["frozen"]);
    expect(run.gapsOf("head", "gradient").map((gap) => gap.reason)).toEqual(["no loss was given"]);
  });

  it("stands without a graph", () => {
    const bare = document();
    bare.run.graph = null;
    expect(new RunIndex(bare).parameterCount(".")).toBe(0);
  });
});

describe("SearchIndex", () => {
  const index = new SearchIndex(new RunIndex(document()));
  const ids = (query: string) => index.find(query).map(({ id }) => id);

  it("matches name and type, exact names first", () => {
    expect(ids("conv")).toEqual(["head"]);
    expect(ids("b")[0]).toBe("block.b");
    expect(ids("block linear")).toEqual(["block.a", "block.b"]);
    expect(ids("  ")).toEqual([]);
  });
});
