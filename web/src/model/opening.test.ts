import { expect, it } from "vitest";
import { residualNetwork, transformer } from "../layout/testing/graphs";
import { foldsOf } from "./fold";
import { GraphIndex } from "./graph";
import { Opening } from "./opening";

const FOLD = "layers.0..layers.5";

function llama(): Opening {
  const index = new GraphIndex(transformer(6));
  const rows = [0, 1, 2, 3, 4, 5].map((member) => ({ fold: "x", member, node: `layers.${member}` }));
  return new Opening(index, foldsOf(rows, index));
}

it("opens a fold with its member", () => {
  const opening = llama();
  opening.expand(FOLD);
  expect([...opening.open].sort()).toEqual(["layers", "layers.0", FOLD]);
  opening.collapse(FOLD);
  expect(opening.open.has(FOLD)).toBe(false);
});

it("keeps what is open when another member is drawn, and says what is called otherwise now", () => {
  const opening = llama();
  opening.expand("layers.0.mlp");
  const renamed = opening.choose(FOLD, 3);
  expect([...opening.open].sort()).toEqual(["layers", FOLD, "layers.3", "layers.3.mlp"].sort());
  expect(renamed.get("layers.0.mlp.up_proj")).toBe("layers.3.mlp.up_proj");
  expect(opening.choose(FOLD, 99).size).toBe(0);
});

it("chooses the member of a node that is to be seen", () => {
  const opening = llama();
  opening.reveal("layers.4.self_attn.q_proj");
  expect(opening.drawn.folds.get(FOLD)?.member).toBe(4);
  expect(opening.drawn.index.shown("layers.4.self_attn.q_proj", opening.open)).toBe("layers.4.self_attn.q_proj");
});

it("keeps the open member in sight when folding is turned off and on", () => {
  const opening = llama();
  opening.expand("layers.2");
  opening.setFolding(false, null);
  expect(opening.drawn.index.children("layers").length).toBe(6);
  expect(opening.open.has("layers.2")).toBe(true);
  opening.setFolding(true, "layers.5.mlp");
  expect(opening.drawn.folds.get(FOLD)?.member).toBe(5);
});

it("opens to a depth, and all as far as can be drawn", () => {
  const opening = new Opening(new GraphIndex(residualNetwork(40)), []);
  opening.expandTo(2);
  expect([...opening.open]).toEqual(["blocks"]);
  expect(opening.deepest).toBe(3);
  const all = opening.expandTo(Infinity);
  expect(all).toMatchObject({ wanted: 3, reached: 3 });
  expect(all.drawn).toBe(opening.drawn.index.visible(opening.open).length);
  const some = opening.expandTo(Infinity, 100);
  expect(some).toEqual({ wanted: 3, reached: 2, drawn: 43, all: all.all });
  expect(opening.drawn.index.visible(opening.open).length).toBe(43);
});
