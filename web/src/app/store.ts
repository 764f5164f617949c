/** The one place that knows what is chosen; everything on the page follows it. */

import type { Direction } from "../model/backward";
import type { ScaleChoice } from "../model/colourscale";

export type Page = "overview" | "graph" | "compare" | "training" | "generalisation" | "bottlenecks" | "findings";
export const PAGES: readonly Page[] = ["overview", "graph", "compare", "training", "generalisation", "bottlenecks", "findings"];

export interface Choice {
  page: Page;
  /** Which graph is drawn. */
  graph: Direction;
  node: string | null;
  colour: string;
  /** How values become colours. */
  scale: ScaleChoice;
  /** Optimizer step that is looked at; null is the latest. */
  step: number | null;
  /** Data that evaluation is looked at on; null is all of them. */
  split: string | null;
  /** Of a comparison: "before" where the node is in the first run alone. */
  side: "before" | null;
  /** Name of the run that is held against the first, of a comparison of several; null is the nearest. */
  run: string | null;
  theme: "light" | "dark";
}

/** What is chosen where nobody chose. */
export const UNCHOSEN = { graph: "forward", node: null, scale: "auto", step: null, split: null, side: null, run: null } as const satisfies Partial<Choice>;

type Listener = (choice: Choice, changed: ReadonlySet<keyof Choice>) => void;

export class Store {
  private readonly listeners: Listener[] = [];

  constructor(private choice: Choice) {}

  get(): Choice {
    return this.choice;
  }

  /** Change some of it; listeners hear only of what really changed. */
  set(update: Partial<Choice>): void {
    const changed = new Set<keyof Choice>();
    for (const key of Object.keys(update) as (keyof Choice)[])
      if (update[key] !== undefined && update[key] !== this.choice[key]) changed.add(key);
    if (!changed.size) return;
    const given = Object.fromEntries(Object.entries(update).filter(([, value]) => value !== undefined));
    this.choice = { ...this.choice, ...given };
    for (const listener of this.listeners) listener(this.choice, changed);
  }

  subscribe(listener: Listener): void {
    this.listeners.push(listener);
  }
}
