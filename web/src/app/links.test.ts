import { describe, expect, it } from "vitest";
import { followable, type Known, readLink, writeLink } from "./links";
import { type Choice, UNCHOSEN } from "./store";

const CHOICE: Choice = { ...UNCHOSEN, page: "graph", colour: "flops", theme: "light" };
const KNOWN: Known = {
  node: (id) => id === "fc",
  colour: (name) => name === "flops",
  page: (page) => page !== "compare",
  steps: [0, 10, 20],
  splits: ["train", "test"],
  runs: [],
  direction: (_, asked) => asked ?? "forward",
};

describe("links", () => {
  it("hold everything that is chosen, and nothing that nobody chose", () => {
    const choice: Choice = { ...CHOICE, node: "a/b:0", step: 0, split: "test", run: "two → 2", scale: "log", side: "before", graph: "both" };
    expect(readLink(writeLink(choice))).toEqual({ page: "graph", node: "a/b:0", colour: "flops", step: 0, split: "test", run: "two → 2", scale: "log", side: "before", graph: "both" });
    expect(writeLink(CHOICE)).toBe("#page=graph&color=flops");
  });

  it("are followed as far as the run can", () => {
    expect(followable("#page=graph&node=fc&color=flops&step=10&split=test", KNOWN)).toEqual({
      link: { page: "graph", node: "fc", colour: "flops", step: 10, split: "test", graph: "forward" },
      problems: [],
    });
  });

  it("say what they cannot follow, in a sentence each, and drop it", () => {
    const { link, problems } = followable("#page=compare&node=nobody&color=none&split=val&run=x&step=last&graph=up", KNOWN);
    expect(link).toEqual({ graph: "forward" });
    expect(problems).toHaveLength(7);
    expect(problems.join("; ")).toContain('no node "nobody"');
    expect(followable("#page=attic", KNOWN).problems).toEqual(['there is no page "attic"']);
  });

  it("go to the nearest step that was measured", () => {
    const { link, problems } = followable("#step=14", KNOWN);
    expect(link.step).toBe(10);
    expect(problems[0]).toContain("14");
  });

  it("cut what is absurdly long", () => {
    expect(followable(`#node=${"x".repeat(5000)}`, KNOWN).problems[0]!.length).toBeLessThan(140);
  });
});
