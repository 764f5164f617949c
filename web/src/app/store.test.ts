import { describe, expect, it } from "vitest";
import { readLink, writeLink } from "./links";
import { type Choice, Store, UNCHOSEN } from "./store";

const CHOICE: Choice = { ...UNCHOSEN, page: "graph", colour: "flops", theme: "light" };

describe("Store", () => {
  it("tells listeners what really changed, and nothing when nothing did", () => {
    const store = new Store(CHOICE);
    const heard: string[][] = [];
    store.subscribe((_, changed) => heard.push([...changed]));
    store.set({ page: "graph", node: "fc" });
    store.set({ node: "fc" });
    expect(heard).toEqual([["node"]]);
    expect(store.get()).toEqual({ ...CHOICE, node: "fc" });
  });

  it("can forget the node", () => {
    const store = new Store({ ...CHOICE, node: "fc" });
    store.set({ node: null });
    expect(store.get().node).toBeNull();
  });
});

describe("links", () => {
  it("come back as they were written, whatever the node is called", () => {
    for (const node of ["layer1.0/add_:0", "a&b=c#1", "<b>", "ünï 名"]) {
      expect(readLink(writeLink({ ...CHOICE, node }))).toEqual({ page: "graph", node, colour: "flops" });
    }
  });

  it("leave out a page that does not exist", () => {
    expect(readLink("#page=nowhere")).toEqual({});
  });
});
