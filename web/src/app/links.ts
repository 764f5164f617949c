/** Deep links: `#page=graph&node=layer1.0.conv1&color=gradients&step=740`, with back and forward. */

import { type Direction, DIRECTIONS } from "../model/backward";
import type { ScaleChoice } from "../model/colourscale";
import { type Choice, PAGES, type Page, type Store, UNCHOSEN } from "./store";

const SCALES: readonly ScaleChoice[] = ["auto", "linear", "log"];
/** A change of these is a place to come back to; others, such as a drag over the steps, are not. */
const PLACES: readonly (keyof Choice)[] = ["page", "node", "side", "colour", "graph", "run"];
const ADDRESSED: readonly (keyof Choice)[] = [...PLACES, "step", "split", "scale"];

/** What an address asks for, in words that can be checked; what it does not say is left out. */
export function readLink(hash: string): Partial<Choice> {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const link: Partial<Choice> = {};
  const page = oneOf(fields.get("page"), PAGES) as Page | undefined;
  const graph = oneOf(fields.get("graph"), DIRECTIONS) as Direction | undefined;
  const scale = oneOf(fields.get("scale"), SCALES) as ScaleChoice | undefined;
  const step = fields.get("step");
  if (page) link.page = page;
  if (fields.has("node")) link.node = fields.get("node");
  if (fields.get("color")) link.colour = fields.get("color")!;
  if (graph) link.graph = graph;
  if (scale) link.scale = scale;
  if (step && /^\d{1,15}$/.test(step)) link.step = Number(step);
  if (fields.get("side") === "before") link.side = "before";
  if (fields.get("split")) link.split = fields.get("split");
  if (fields.get("run")) link.run = fields.get("run");
  return link;
}

/** The address of a choice; what nobody chose is left out. */
export function writeLink(choice: Choice): string {
  const fields = new URLSearchParams({ page: choice.page });
  if (choice.node !== null) fields.set("node", choice.node);
  fields.set("color", choice.colour);
  for (const key of ["side", "graph", "scale", "step", "split", "run"] as const)
    if (choice[key] !== UNCHOSEN[key]) fields.set(key, String(choice[key]));
  return `#${fields.toString()}`;
}

/** Which of its names a run knows. */
export interface Known {
  node: (id: string, side: "before" | null) => boolean;
  colour: (name: string) => boolean;
  page: (page: Page) => boolean;
  steps: readonly number[];
  splits: readonly string[];
  runs: readonly string[];
  /** The graph in which a node can be shown, of the one asked for. */
  direction: (node: string | null, asked: Direction | undefined) => Direction;
}

/** What of an address this run can follow, and a sentence for each part that it cannot. */
export function followable(hash: string, known: Known): { link: Partial<Choice>; problems: string[] } {
  const link = readLink(hash);
  const problems: string[] = [];
  const drop = (key: keyof Choice, words: string) => {
    problems.push(`${words} ${JSON.stringify(String(link[key])).slice(0, 80)}`);
    delete link[key];
  };
  const asked = new URLSearchParams(hash.replace(/^#/, ""));
  for (const key of ["page", "graph", "scale", "step"] as const)
    if (asked.get(key) && link[key] === undefined) problems.push(`there is no ${key} ${JSON.stringify(asked.get(key)).slice(0, 80)}`);
  if (link.node != null && !known.node(link.node, link.side ?? null)) drop("node", "this run has no node");
  if (link.colour !== undefined && !known.colour(link.colour)) drop("colour", "there is nothing to colour by called");
  if (link.page !== undefined && !known.page(link.page)) drop("page", "this report has no page");
  if (link.step != null) {
    const steps = known.steps;
    if (!steps.length) drop("step", "this run has no steps, so none is");
    else if (!steps.includes(link.step)) {
      problems.push(`nothing was measured at step ${link.step}; this is the nearest one`);
      link.step = steps.reduce((best, step) => (Math.abs(step - link.step!) < Math.abs(best - link.step!) ? step : best));
    }
  }
  if (link.split != null && !known.splits.includes(link.split)) drop("split", "there is no split");
  if (link.run != null && !known.runs.includes(link.run)) drop("run", "there is no run");
  link.graph = known.direction(link.node ?? null, link.graph);
  return { link, problems };
}

/**
 * Keep the address and the choice the same; `usual` is chosen where the address says nothing. A page
 * inside a frame may not have an address.
 */
export function followAddress(store: Store, known: Known, usual: Partial<Choice>, complain: (problems: string[]) => void): void {
  let going = false; // back or forward: the address is there already
  store.subscribe((choice, changed) => {
    if (going || !ADDRESSED.some((key) => changed.has(key))) return;
    const isPlace = PLACES.some((key) => changed.has(key));
    try {
      history[isPlace ? "pushState" : "replaceState"](null, "", writeLink(choice));
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
    }
  });
  addEventListener("popstate", () => {
    const { link, problems } = followable(location.hash, known);
    going = true;
    try {
      store.set({ ...usual, ...link });
    } finally {
      going = false;
    }
    complain(problems);
  });
}

function oneOf(text: string | null, known: readonly string[]): string | undefined {
  return text !== null && known.includes(text) ? text : undefined;
}
