/** Starts the page, and gives scripts a handle on it: `window.torchatlas`. */

import "uplot/dist/uPlot.min.css";
import "./styles/tokens.css";
import "./styles/app.css";
import { App } from "./app/app";
import { h } from "./app/dom";
import { EmbeddedSource } from "./app/source";
import type { Document } from "./generated/document";
import type { GraphCanvas } from "./graph";
import { ComparisonIndex } from "./model/comparison";
import { RunIndex } from "./model/run";
import type { ComparePage } from "./pages/compare";

export interface Automation {
  ready: Promise<void>;
  /** Done when it is drawn: at once, but for thousands of nodes. */
  expand(id: string): Promise<void>;
  collapse(id: string): Promise<void>;
  select(id: string | null): void;
  selected(): string | null;
  visibleNodes(): ReturnType<GraphCanvas["visibleNodes"]>;
  visibleEdges(): ReturnType<GraphCanvas["visibleEdges"]>;
  stats(): ReturnType<GraphCanvas["stats"]>;
  /** Of a comparison: what is drawn on both sides. */
  comparedNodes(): ReturnType<ComparePage["visibleNodes"]> | null;
}

declare global {
  interface Window {
    torchatlas: Automation;
  }
}

async function start(): Promise<App> {
  const host = document.getElementById("app");
  const data = document.getElementById("torchatlas-data");
  if (!host || !(data instanceof HTMLScriptElement)) throw new Error("this page carries no data");
  try {
    return appOf(host, await new EmbeddedSource(data).load());
  } catch (error) {
    host.replaceChildren(
      h("div", { class: "notice" }, `This report could not be opened: ${error instanceof Error ? error.message : String(error)}`),
    );
    throw error;
  }
}

/** Of a comparison the page is titled by all runs, and each stands under its own name. */
function appOf(host: HTMLElement, document: Document): App {
  if (!document.comparison) return new App(host, new RunIndex(document), document.run.name);
  const { run, comparison } = document;
  const index = new RunIndex({ ...document, run: { ...run, name: comparison.names[1] ?? run.name } });
  return new App(host, index, run.name, new ComparisonIndex(document, index));
}

const app = start();
let running: App | null = null;

function graph(): GraphCanvas {
  if (!running) throw new Error("the page is not ready; await torchatlas.ready first");
  return running.graph;
}

window.torchatlas = {
  ready: app.then((made) => {
    running = made;
  }),
  expand: (id) => graph().expand(id),
  collapse: (id) => graph().collapse(id),
  select: (id) => running?.choose(id),
  selected: () => running?.store.get().node ?? null,
  visibleNodes: () => graph().visibleNodes(),
  visibleEdges: () => graph().visibleEdges(),
  stats: () => graph().stats(),
  comparedNodes: () => running?.compare?.visibleNodes() ?? null,
};
