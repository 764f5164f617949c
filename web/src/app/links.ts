/** Deep links: `#page=graph&node=layer1.0.conv1&color=gradients&graph=backward`, with back and forward. */

import { type Direction, DIRECTIONS } from "../model/backward";
import { type Choice, PAGES, type Page, type Store } from "./store";

export function readLink(hash: string): Partial<Choice> {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const link: Partial<Choice> = {};
  const page = fields.get("page");
  if (page && (PAGES as readonly string[]).includes(page)) link.page = page as Page;
  if (fields.has("node")) link.node = fields.get("node");
  const colour = fields.get("color");
  if (colour) link.colour = colour;
  const graph = fields.get("graph");
  if (graph && (DIRECTIONS as readonly string[]).includes(graph)) link.graph = graph as Direction;
  return link;
}

export function writeLink(choice: Choice): string {
  const fields = new URLSearchParams({ page: choice.page });
  if (choice.node !== null) fields.set("node", choice.node);
  fields.set("color", choice.colour);
  if (choice.graph !== "forward") fields.set("graph", choice.graph);
  return `#${fields.toString()}`;
}

/** Keep the address and the choice the same. A page inside a frame may not have an address. */
export function followAddress(
  store: Store,
  known: (node: string) => boolean,
  directionOf: (node: string | null, asked: Direction | undefined) => Direction,
): void {
  let going = false; // back or forward: the address is there already
  store.subscribe((choice, changed) => {
    const addressed = (["page", "node", "colour", "graph"] as const).some((key) => changed.has(key));
    if (going || !addressed) return;
    try {
      history.pushState(null, "", writeLink(choice));
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
    }
  });
  addEventListener("popstate", () => {
    const link = readLink(location.hash);
    const node = link.node !== undefined && link.node !== null && known(link.node) ? link.node : null;
    going = true;
    try {
      store.set({ ...link, node, graph: directionOf(node, link.graph) });
    } finally {
      going = false;
    }
  });
}
