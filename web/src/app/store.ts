/** The one place that knows what is chosen; everything on the page follows it. */

import type { Direction } from "../model/backward";

export type Page = "overview" | "graph" | "training" | "generalisation" | "bottlenecks" | "findings";
export const PAGES: readonly Page[] = ["overview", "graph", "training", "generalisation", "bottlenecks", "findings"];

export interface Choice {
  page: Page;
  /** Which graph is drawn. */
  graph: Direction;
  node: string | null;
  colour: string;
  theme: "light" | "dark";
}

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
    this.choice = { ...this.choice, ...update };
    for (const listener of this.listeners) listener(this.choice, changed);
  }

  subscribe(listener: Listener): void {
    this.listeners.push(listener);
  }
}
