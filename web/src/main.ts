/** Starts the page, and gives scripts a handle on it: `window.torchatlas`. */

import "uplot/dist/uPlot.min.css";
import "./styles/tokens.css";
import "./styles/app.css";
import "./live/live.css";
import { App } from "./app/app";
import { h } from "./app/dom";
import { type DataSource, EmbeddedSource, HttpSource } from "./app/source";
import type { GraphCanvas } from "./graph";
import { ComparisonIndex } from "./model/comparison";
import { RunIndex } from "./model/run";
import { detailOf, Followed } from "./live/followed";
import { RunsPage } from "./live/runs";
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

/** What the page of a server is about: its runs, one of them, or some side by side; null in a report. */
const live = document.querySelector<HTMLMetaElement>('meta[name="torchatlas-live"]')?.content ?? null;

async function start(): Promise<App | null> {
  const host = document.getElementById("app");
  if (!host) throw new Error("this page has no place for the viewer");
  try {
    if (live !== null) hideKey();
    if (live !== "runs") return await open(host, sourceOf());
    await new RunsPage(host).start();
    return null;
  } catch (error) {
    const what = live === "runs" ? "The runs" : live === null ? "This report" : "This run";
    host.replaceChildren(
      h("div", { class: "notice" }, `${what} could not be opened: ${error instanceof Error ? error.message : String(error)}`),
    );
    throw error;
  }
}

function sourceOf(): DataSource {
  if (live !== null) return new HttpSource(new URLSearchParams(live === "comparison" ? location.search : ""));
  const data = document.getElementById("torchatlas-data");
  if (!(data instanceof HTMLScriptElement)) throw new Error("this page carries no data");
  return new EmbeddedSource(data);
}

/** The key has done its work when the page is there: it does not stay in the address, where others may read it. */
function hideKey(): void {
  const address = new URL(location.href);
  if (!address.searchParams.has("token")) return;
  address.searchParams.delete("token");
  history.replaceState(null, "", address);
}

/** What stands on the page until a long run was read; nothing of it once the page is there. */
function sayReading(host: HTMLElement, share: number): void {
  if (host.querySelector(".bar")) return;
  const said = `Reading the run, ${Math.floor(100 * share)} %`;
  const bar = h("progress", { max: "1", value: String(share), "aria-label": said });
  host.replaceChildren(h("div", { class: "notice", role: "status" }, h("div", {}, said, bar)));
}

async function open(host: HTMLElement, source: DataSource): Promise<App> {
  const document = await source.load((share) => sayReading(host, share));
  const { run, comparison } = document;
  // of a comparison the page is titled by all runs, and each stands under its own name
  const index = new RunIndex(comparison ? { ...document, run: { ...run, name: comparison.names[1] ?? run.name } } : document);
  const detail = source.live && detailOf(source.live);
  const app = new App(host, index, run.name, comparison ? new ComparisonIndex(document, index) : null, detail ?? undefined);
  if (source.live) {
    window.document.title = `${run.name} · TorchAtlas`;
    new Followed(app, index, source.live, () => location.reload());
  }
  return app;
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
