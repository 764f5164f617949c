/** Keeps a page up to the run that it shows: takes in what comes, and redraws what is in sight, now and then. */

import type { App } from "../app/app";
import type { DetailedLine, LiveData } from "../app/source";
import type { Panel } from "../generated/document";
import { toNumber } from "../model/format";
import type { RunIndex } from "../model/run";
import { applied, type Change } from "./changes";
import { LiveStatus } from "./status";
import type { Condition } from "./stream";

/** The page is drawn anew at most this often. */
const REDRAW_MS = 1000;
/** Of the time at most this share goes into drawing, however much there is to draw. */
const SHARE = 0.25;

export class Followed {
  private readonly status: LiveStatus;
  private readonly changed = new Set<string>();
  private hasChanged = false;
  private timer: number | undefined;
  private isDrawing = false;
  private due = 0;

  constructor(
    private readonly app: App,
    private readonly run: RunIndex,
    private readonly source: LiveData,
    private readonly rebuild: () => void,
  ) {
    this.status = new LiveStatus(source.state);
    this.status.step(lastStep(run));
    source.follow({ change: (change) => this.take(change), condition: (condition) => this.heed(condition) });
    app.store.subscribe((_, changed) => changed.has("page") && this.plan(true));
    addEventListener("pointerup", () => this.hasChanged && this.plan());
  }

  private take(change: Change): void {
    if (change.structure !== undefined && change.structure !== this.source.structure) return this.rebuild();
    for (const name of applied(this.run.run, change)) this.changed.add(name);
    this.hasChanged = true;
    if (change.state !== undefined) this.status.state(change.state);
    this.status.step(lastStep(this.run));
    this.plan();
  }

  private heed(condition: Condition): void {
    this.status.condition(condition);
  }

  /** Draw soon: not while something is dragged, not while the last drawing goes on, and not too often. */
  private plan(isUrgent = false): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.draw(), isUrgent ? 0 : Math.max(0, this.due - performance.now()));
  }

  private async draw(): Promise<void> {
    if (this.isDrawing || isDragging()) return;
    this.isDrawing = true;
    try {
      const views = await this.source.views(shownViews());
      const started = performance.now();
      for (const view of views) this.run.views.set(view.name, view);
      this.run.grow(this.changed);
      this.changed.clear();
      this.hasChanged = false;
      this.app.refresh();
      const took = performance.now() - started;
      this.due = performance.now() + Math.max(REDRAW_MS, took / SHARE);
    } catch (error) {
      if (!(error instanceof TypeError)) console.warn(String(error)); // a TypeError is a lost connection, which the status says
      this.due = performance.now() + REDRAW_MS;
    } finally {
      this.isDrawing = false;
    }
    if (this.hasChanged) this.plan();
  }
}

/** Closer curves for a stretch that is zoomed into, in the order of the panel's lines. */
export function detailOf(source: LiveData) {
  return async (panel: Panel, low: number, high: number): Promise<(DetailedLine | null)[] | null> => {
    const found = await source.detail(panel.title, low, high).catch(() => null);
    if (!found) return null;
    const lines = panel.marks.filter((mark) => mark.kind === "line");
    return lines.map((mark) => found.find((line) => labelOf(panel, line, found) === mark.label) ?? null);
  };
}

/** As the curves are labelled: by split, and by rank where there are several. */
function labelOf(panel: Panel, line: DetailedLine, all: readonly DetailedLine[]): string {
  const isOfRanks = new Set(all.map((each) => each.rank)).size > 1;
  return `${line.split || panel.title}${isOfRanks ? `, rank ${line.rank}` : ""}`;
}

function shownViews(): string[] {
  const shown = document.querySelectorAll<HTMLElement>(".page.current [data-view]");
  return [...new Set(Array.from(shown, (element) => element.dataset["view"] ?? ""))].filter(Boolean);
}

function lastStep(run: RunIndex): number | null {
  let last: number | null = null;
  for (const table of ["scalars", "distributions", "norms"])
    for (const cell of run.run.tables[table]?.cells["step"] ?? []) {
      const step = toNumber(cell);
      if (step !== null && (last === null || step > last)) last = step;
    }
  return last;
}

let pressed = 0;
addEventListener("pointerdown", () => pressed++, true);
for (const end of ["pointerup", "pointercancel"] as const) addEventListener(end, () => (pressed = Math.max(0, pressed - 1)), true);

function isDragging(): boolean {
  return pressed > 0;
}
