import { describe, expect, it } from "vitest";
import type { Graph } from "../generated/document";
import { GraphBuilder, residualNetwork, transformer } from "../layout/testing/graphs";
import { DrawnGraph } from "./drawn";
import { foldsOf, type Fold } from "./fold";
import { GraphIndex, type JoinedEdge } from "./graph";

function folding(graph: Graph, ...folds: string[][][]): { index: GraphIndex; folds: Fold[] } {
  const rows = folds.flatMap((members, i) => members.flatMap((nodes, member) => nodes.map((node) => ({ fold: String(i), member, node }))));
  const index = new GraphIndex(graph);
  return { index, folds: foldsOf(rows, index) };
}

function draw({ index, folds }: { index: GraphIndex; folds: Fold[] }, chosen: Record<string, number> = {}): DrawnGraph {
  return new DrawnGraph(index, { folds, chosen: new Map(Object.entries(chosen)), hideTrivial: false });
}

const numbered = (path: string, count: number): string[][] => Array.from({ length: count }, (_, i) => [`${path}.${i}`]);
const pairs = (edges: readonly JoinedEdge[]): string[] => edges.map(({ source, target }) => `${source} > ${target}`);

/** The unfolded graph with all members laid on the drawn one: what the folded graph has to be. */
function contracted({ index, folds }: { index: GraphIndex; folds: Fold[] }, drawn: DrawnGraph): Set<string> {
  const onto = (id: string): { id: string; way: string } => {
    let at = id;
    let way = "";
    for (const { fold, member } of drawn.folds.values()) {
      fold.contents.forEach((ids, k) => {
        const place = ids.indexOf(at);
        if (place < 0) return;
        way += `${fold.id}@${k} `;
        at = fold.contents[member]![place]!;
      });
    }
    return { id: at, way };
  };
  void folds;
  const found = new Set<string>();
  for (const { source, target } of index.graph.edges) {
    const [a, b] = [onto(source), onto(target)];
    const [waysA, waysB] = [a.way.split(" "), b.way.split(" ")];
    const betweenMembers = waysA.some((one) => one && waysB.some((other) => other && other.split("@")[0] === one.split("@")[0] && other !== one));
    if (!betweenMembers) found.add(`${a.id} > ${b.id}`);
  }
  return found;
}

describe("a chain of members", () => {
  const given = folding(transformer(6), numbered("layers", 6));
  const fold = "layers.0..layers.5";

  it.each([0, 3, 5])("has the edges of the graph with all members laid on one (member %d)", (member) => {
    const drawn = draw(given, { [fold]: member });
    expect(new Set(pairs(drawn.index.graph.edges))).toEqual(contracted(given, drawn));
    expect(pairs(drawn.index.graph.edges).length).toBe(new Set(pairs(drawn.index.graph.edges)).size);
  });

  it("says which edges pass hidden members", () => {
    const edges = draw(given, { [fold]: 3 }).index.graph.edges as readonly JoinedEdge[];
    const through = edges.filter((edge) => edge.through);
    expect(pairs(through).sort()).toEqual([
      "embed_tokens/embedding:0 > layers.3.input_layernorm/rmsnorm:0",
      "embed_tokens/embedding:0 > layers.3/add:0",
      "layers.3/add:1 > norm/rmsnorm:0",
    ]);
    expect(through.every((edge) => edge.through!.join() === fold)).toBe(true);
    const first = draw(given).index.graph.edges as readonly JoinedEdge[];
    expect(pairs(first.filter((edge) => edge.through))).toEqual(["layers.0/add:1 > norm/rmsnorm:0"]);
  });

  it("is one group with one member inside", () => {
    const drawn = draw(given, { [fold]: 4 });
    expect(drawn.index.children("layers")).toEqual([fold]);
    expect(drawn.index.children(fold)).toEqual(["layers.4"]);
    expect(drawn.index.has("layers.0")).toBe(false);
    expect(drawn.index.looks.get(fold)).toMatchObject({ title: "DecoderLayer", detail: "layers" });
    expect(drawn.index.looks.get("layers")).toEqual({ title: "layers", detail: "ModuleList · 6 × DecoderLayer" });
  });

  it("goes from nodes to what is drawn of them and back", () => {
    const drawn = draw(given, { [fold]: 4 });
    expect(drawn.drawn("layers.4.mlp")).toBe("layers.4.mlp");
    expect(drawn.drawn("layers.2.mlp")).toBe(fold);
    expect(drawn.hidden("layers.2.mlp")).toEqual({ fold, member: 2 });
    expect(drawn.hidden("norm")).toBeNull();
    expect(drawn.real(fold)).toBe("layers.4");
    expect(drawn.foldAround("layers.4.mlp.up_proj")?.fold.id).toBe(fold);
    expect(drawn.foldAround("norm")).toBeNull();
  });

  it("draws the same lines between what is seen, whichever groups are open", () => {
    const drawn = draw(given, { [fold]: 2 });
    const lifted = (open: string[]): string[] => drawn.index.liftEdges(new Set(open)).map(({ source, target }) => `${source} > ${target}`);
    expect(lifted(["layers"])).toContain(`embed_tokens > ${fold}`);
    expect(lifted(["layers"])).toContain(`${fold} > norm`);
    expect(lifted(["layers", fold])).toContain("layers.2 > norm");
  });
});

it("lets a member stand for a fold of few groups", () => {
  const drawn = draw(folding(residualNetwork(2), numbered("blocks", 2)), { "blocks.0..blocks.1": 1 });
  const fold = "blocks.0..blocks.1";
  expect(drawn.index.children("blocks")).toEqual([fold]);
  expect(drawn.index.children(fold)[0]).toBe("blocks.1.conv1");
  expect(drawn.drawn("blocks.1")).toBe(fold);
  expect(drawn.index.looks.get(fold)).toMatchObject({ title: "BasicBlock", detail: "blocks", headDetail: "blocks.1" });
});

/** Two stages of three blocks, each of two equal parts: folds within folds. */
function nested(): { graph: Graph; outer: string[][]; inner: string[][][] } {
  const graph = new GraphBuilder();
  const ids: string[] = [graph.op("start", ".", "op")];
  for (const stage of ["s.0", "s.1", "s.2", "s.3", "s.4"]) {
    graph.module(stage, ".", "Stage");
    for (const part of [0, 1, 2]) {
      graph.module(`${stage}.${part}`, stage, "Part");
      for (const op of ["x", "y"]) ids.push(graph.op(`${stage}.${part}/${op}`, `${stage}.${part}`, op));
    }
  }
  ids.push(graph.op("end", ".", "op"));
  graph.chain(...ids);
  return { graph: graph.build(), outer: numbered("s", 5), inner: numbered("s", 5).map(([stage]) => numbered(stage!, 3)) };
}

describe("a fold within a fold", () => {
  const { graph, outer, inner } = nested();
  const given = folding(graph, outer, ...inner);

  it("is drawn in the member that is drawn", () => {
    const drawn = draw(given, { "s.0..s.4": 3, "s.3.0..s.3.2": 1 });
    expect([...drawn.folds.keys()]).toEqual(["s.0..s.4", "s.3.0..s.3.2"]);
    expect(drawn.index.children("s.3")).toEqual(["s.3.0..s.3.2"]);
    expect(new Set(pairs(drawn.index.graph.edges))).toEqual(contracted(given, drawn));
    expect(pairs(drawn.index.graph.edges)).toEqual(["start > s.3.1/x", "s.3.1/x > s.3.1/y", "s.3.1/y > end"]);
  });

  it("finds the way to a node outermost first", () => {
    const drawn = draw(given);
    expect(drawn.hidden("s.2.1/x")).toEqual({ fold: "s.0..s.4", member: 2 });
    expect(drawn.hidden("s.0.1/x")).toEqual({ fold: "s.0.0..s.0.2", member: 1 });
  });
});

it("folds members of several nodes", () => {
  const graph = new GraphBuilder();
  const ids = [0, 1, 2, 3].flatMap((i) => [graph.op(`a:${i}`, ".", "linear"), graph.op(`b:${i}`, ".", "relu")]);
  graph.chain(...ids);
  const given = folding(graph.build(), [0, 1, 2, 3].map((i) => [`a:${i}`, `b:${i}`]));
  const drawn = draw(given, { "a:0..b:3": 2 });
  expect(drawn.index.children("a:0..b:3")).toEqual(["a:2", "b:2"]);
  expect(pairs(drawn.index.graph.edges)).toEqual(["a:2 > b:2"]);
  expect(drawn.index.looks.get("a:0..b:3")?.title).toBe("linear, relu");
});

it("draws a member that is called like a part of JavaScript", () => {
  const graph = new GraphBuilder();
  const names = ["a", "__proto__", "constructor", "d", "e"];
  for (const name of names) {
    graph.module(name, ".");
    for (const op of ["x", "y"]) graph.op(`${name}/${op}`, name, op);
  }
  const drawn = draw(folding(graph.build(), names.map((name) => [name])), { "a..e": 1 });
  expect(drawn.index.children("a..e")).toEqual(["__proto__"]);
  expect(drawn.index.children("__proto__")).toEqual(["__proto__/x", "__proto__/y"]);
});

describe("ends of the graph", () => {
  /** Blocks with a cache each of two parts, and one output after them. */
  function decoder(count: number): Graph {
    const graph = new GraphBuilder();
    let last = graph.add({ id: "input:x", kind: "input", name: "x", type: "input" });
    for (let i = 0; i < count; i++) {
      graph.module(`layers.${i}`, ".", "Layer");
      const ops = ["k", "v", "out"].map((name) => graph.op(`layers.${i}/${name}`, `layers.${i}`, name));
      graph.chain(last, ...ops);
      for (const [part, op] of [["keys", ops[0]!], ["values", ops[1]!]] as const)
        graph.connect(op, graph.add({ id: `output:cache.${i}.${part}`, kind: "output", name: `cache.${i}.${part}`, type: "output" }));
      last = ops[2]!;
    }
    graph.connect(last, graph.add({ id: "output:y", kind: "output", name: "y", type: "output" }));
    return graph.build();
  }

  it("fold with the blocks that they belong to", () => {
    const { folds } = folding(decoder(6), numbered("layers", 6));
    expect(folds.map(({ id, members }) => [id, members.length])).toEqual([
      ["layers.0..layers.5", 6],
      ["output:cache.0.keys..output:cache.5.keys", 6],
      ["output:cache.0.values..output:cache.5.values", 6],
    ]);
  });

  it("are named by what they share, with one line for all of them", () => {
    const drawn = draw(folding(decoder(6), numbered("layers", 6)));
    expect(drawn.index.looks.get("output:cache.0.keys..output:cache.5.keys")).toMatchObject({ title: "cache.0…5.keys", staysClosed: true });
    expect(pairs(drawn.index.graph.edges)).toEqual([
      "input:x > layers.0/k",
      "layers.0/k > layers.0/v",
      "layers.0/v > layers.0/out",
      "layers.0/k > output:cache.0.keys",
      "layers.0/v > output:cache.0.values",
      "layers.0/out > output:y",
    ]);
  });

  it("are left alone where no fold is", () => {
    expect(folding(decoder(3)).folds).toEqual([]);
  });
});
