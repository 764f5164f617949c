/** The page of runs: one row a run, newest first; found by a word, opened by a click, some of them compared. */

import { h, icon, s } from "../app/dom";
import { fetched } from "../app/source";
import { storedTheme, storeTheme, systemTheme } from "../app/themes";
import { count, figures } from "../model/format";
import { globe } from "../app/bar";
import { type RunRow, type RunsChange, RunList, agoText, dateText, valueText } from "./runlist";
import { sparkPath } from "./spark";
import { type Condition, Stream } from "./stream";

const MOST_COMPARED = 12;
const SPARK = { width: 120, height: 22 };
const STATES = {
  running: { glyph: "●", word: "running" },
  ended: { glyph: "✓", word: "ended" },
  silent: { glyph: "◆", word: "silent" },
} as const;
const AGO_MS = 10_000;

export class RunsPage {
  private readonly list = new RunList();
  private readonly rows = new Map<string, HTMLTableRowElement>();
  private readonly chosen = new Set<string>();
  private readonly body = h("tbody", {});
  private readonly said = h("span", { class: "soft", role: "status" });
  private readonly banner = h("div", { class: "live-banner", role: "status", hidden: true });
  private readonly empty = h("div", { class: "runs-empty" });
  private readonly table: HTMLElement;
  private readonly search = h("input", { type: "search", placeholder: "Find a run", "aria-label": "Find a run by name, place, model or state", autocomplete: "off", spellcheck: "false" });
  private readonly compare = h("button", { type: "button", class: "compare-button", disabled: true, click: () => this.openComparison() }, "Compare");

  constructor(host: HTMLElement) {
    document.documentElement.dataset["theme"] = storedTheme() ?? systemTheme();
    const head = (text: string, number = false) => h("th", { scope: "col", class: number ? "number" : null }, text);
    this.table = h(
      "table",
      { class: "runs" },
      h("caption", "visually-hidden", "Runs, newest first"),
      h("thead", {}, h("tr", {}, h("th", { scope: "col", class: "runs-pick" }, h("span", "visually-hidden", "Compare")), head("Run"), head("State"), head("Model"), head("Loss"), head("Last", true), head("Step", true), head("Changed", true), head("Begun", true))),
      this.body,
    );
    const theme = h("button", { type: "button", class: "icon-button", "aria-label": "Light or dark", click: () => switchTheme() }, icon("theme"));
    const find = h("div", { class: "search" }, icon("search"), this.search, h("kbd", {}, "/"));
    const brand = h("div", { class: "brand" }, globe(), h("span", {}, "TorchAtlas"));
    host.replaceChildren(
      h("header", { class: "bar" }, brand, h("div", { class: "runs-title" }, h("h1", {}, "Runs"), this.said), this.compare, find, theme),
      this.banner,
      h("main", { class: "runs-page" }, h("div", { class: "card runs-card" }, this.table), this.empty),
    );
    this.search.addEventListener("input", () => this.arrange());
    addEventListener("keydown", (event) => this.key(event));
    setInterval(() => this.tellTimes(), AGO_MS);
  }

  async start(): Promise<void> {
    const all = await fetched<RunsChange>("runs");
    this.take(all);
    new Stream((since) => `runs/events?${new URLSearchParams({ since })}`, "runs/state", all.version, {
      change: (text) => this.take(JSON.parse(text) as RunsChange),
      condition: (condition) => this.heed(condition),
    }).open();
  }

  private take(change: RunsChange): void {
    const { changed, gone } = this.list.take(change);
    for (const id of gone) {
      this.rows.get(id)?.remove();
      this.rows.delete(id);
      this.chosen.delete(id);
    }
    for (const row of changed) this.write(row);
    this.arrange();
    this.countChosen();
  }

  /** The row of a run as it is now; focus and what is ticked stay. */
  private write(run: RunRow): void {
    const hadFocus = this.rows.get(run.id)?.contains(document.activeElement) ?? false;
    const made = this.rowOf(run);
    const before = this.rows.get(run.id);
    before?.replaceWith(made);
    this.rows.set(run.id, made);
    if (hadFocus) made.querySelector<HTMLElement>("a")?.focus({ preventScroll: true });
  }

  private rowOf(run: RunRow): HTMLTableRowElement {
    const { glance } = run;
    const state = STATES[run.state];
    const pick = h("input", { type: "checkbox", "aria-label": `Compare ${run.place}`, checked: this.chosen.has(run.id) });
    pick.addEventListener("change", () => {
      if (pick.checked) this.chosen.add(run.id);
      else this.chosen.delete(run.id);
      this.countChosen();
    });
    const link = h("a", { href: `run/${run.id}/`, title: run.place }, run.place);
    const isNamed = run.name !== run.place && run.name !== glance?.model;
    const name = isNamed && h("span", { class: "runs-called", title: run.name }, run.name);
    const step = glance?.step ?? run.last_step;
    return h(
      "tr",
      { "data-run": run.id },
      h("td", "runs-pick", pick),
      h("td", "runs-name", link, name),
      h("td", { class: `runs-state ${run.state}` }, h("i", { "aria-hidden": "true" }, state.glyph), state.word),
      h("td", "runs-model", glance?.model ?? ""),
      h("td", "runs-loss", lossOf(run)),
      h("td", { class: `number${typeof glance?.last === "string" ? " odd" : ""}`, title: glance?.loss ?? "" }, glance ? valueText(glance.last, figures) : ""),
      h("td", "number", step === null || step === undefined ? "–" : count(step)),
      h("td", "number soft runs-ago", agoText(run.changed_s, Date.now() / 1000)),
      h("td", "number soft", dateText(run.created)),
    );
  }

  /** Those that match what is searched for, newest first; rows that stand right are not moved. */
  private arrange(): void {
    const shown = this.list.found(this.search.value);
    const visible = new Set(shown.map((run) => run.id));
    for (const [id, row] of this.rows) row.hidden = !visible.has(id);
    let at: Element | null = this.body.firstElementChild;
    for (const run of this.list.sorted()) {
      const row = this.rows.get(run.id)!;
      if (row === at) at = row.nextElementSibling;
      else this.body.insertBefore(row, at);
    }
    const { total } = this.list;
    const running = this.list.running;
    this.said.textContent = [`${count(total)} ${total === 1 ? "run" : "runs"}`, running && `${count(running)} running`, shown.length < total && `${count(shown.length)} shown`].filter(Boolean).join(" · ");
    this.table.parentElement!.hidden = shown.length === 0;
    this.empty.hidden = shown.length > 0;
    this.empty.textContent = total ? "No run has these words in its name, place, model or state." : "There is no run here yet. Record one with ta.record(folder, model): it stands here as soon as it begins.";
  }

  private countChosen(): void {
    const n = this.chosen.size;
    this.compare.disabled = n < 2 || n > MOST_COMPARED;
    this.compare.textContent = n < 2 ? "Compare" : n > MOST_COMPARED ? `At most ${MOST_COMPARED}` : `Compare ${n} runs`;
    this.compare.title = n < 2 ? "Tick two runs or more" : "";
  }

  private openComparison(): void {
    const inOrder = this.list.sorted().filter((run) => this.chosen.has(run.id)).reverse(); // the oldest is what the others are held against
    location.href = `compare/?${new URLSearchParams(inOrder.map((run) => ["run", run.id]))}`;
  }

  private tellTimes(): void {
    for (const [id, row] of this.rows) {
      const run = this.list.run(id);
      const cell = row.querySelector(".runs-ago");
      if (run && cell) cell.textContent = agoText(run.changed_s, Date.now() / 1000);
    }
  }

  private heed({ kind, reason }: Condition): void {
    const words = { live: "", lost: "The connection to the server is lost; it is tried again.", gone: reason, refused: reason }[kind];
    this.banner.textContent = words;
    this.banner.hidden = words === "";
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "/" && document.activeElement !== this.search) {
      event.preventDefault();
      this.search.focus();
    } else if (event.key === "Escape" && document.activeElement === this.search) {
      this.search.value = "";
      this.arrange();
    }
  }
}

/** The loss as small as a word; why there is none, where there is none. */
function lossOf(run: RunRow): Node {
  const { glance } = run;
  if (!glance) return h("span", "faint", "…");
  const path = sparkPath(glance.steps, glance.values, SPARK.width, SPARK.height);
  if (!path) return h("span", { class: "runs-missing", title: glance.trouble || null }, glance.trouble || "no loss logged");
  const label = `${glance.loss} up to step ${count(glance.steps.at(-1) ?? 0)}`;
  const picture = s("svg", { viewBox: `0 0 ${SPARK.width} ${SPARK.height}`, width: SPARK.width, height: SPARK.height, class: "spark", role: "img", "aria-label": label }, s("path", { d: path }));
  return glance.trouble ? h("span", { title: glance.trouble }, picture, h("span", { class: "runs-doubt", role: "img", "aria-label": glance.trouble }, "◆")) : picture;
}

function switchTheme(): void {
  const { dataset } = document.documentElement;
  const theme = dataset["theme"] === "dark" ? "light" : "dark";
  dataset["theme"] = theme;
  storeTheme(theme);
}
