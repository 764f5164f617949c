/** The pages beside the graph: facts, charts and findings in cards. */

import type { CaptureReport, Finding, ModelInfo, View } from "../generated/document";
import { findingList } from "../app/findings";
import { h } from "../app/dom";
import type { Page } from "../app/store";
import { type ViewContext, drawView } from "../charts/view";
import { icicle } from "../charts/icicle";
import { count, figures, numberOf, seconds, si, toNumber, written } from "../model/format";
import { ROOT } from "../model/graph";
import type { RunIndex } from "../model/run";

const CHARTS: Partial<Record<Page, string[]>> = {
  training: ["compared", "curves", "history", "updates", "depth", "changes", "strips", "ridges", "parameters", "gradients"],
  generalisation: ["confusion"],
  bottlenecks: ["work", "cost", "activations"],
};

const RECORDED: ReadonlySet<string> = new Set(["history", "updates", "depth", "compared", "changes"]);

export interface PageContext extends ViewContext {
  open: (page: Page) => void;
  node: string | null;
  step: number | null;
  split: string | null;
  /** Leave charts empty: those that are on the page already stay, and take the new data in. */
  withoutCharts?: boolean;
  /** The switch between the splits, for a page that shows evaluation. */
  splitSwitch: () => HTMLElement;
}

export function pageContent(run: RunIndex, page: Page, context: PageContext): HTMLElement {
  const grid = h("div", { class: "grid" });
  if (page === "overview") grid.append(...overview(run, context));
  else if (page === "findings") grid.append(...findingsPage(run, context));
  else {
    if (page === "generalisation") grid.append(evaluationCard(run, context));
    if (page === "bottlenecks") grid.append(timeCard(run, "span-12", context));
    for (const name of (CHARTS[page] ?? []).filter((name) => isShown(run, name))) grid.append(viewCard(run, name, "span-12", context));
    if (page === "bottlenecks") grid.append(costTable(run, context));
  }
  return h("div", { class: "cards" }, grid);
}

/** Charts of what few runs record are left out where there is nothing; all others say what is missing. */
function isShown(run: RunIndex, name: string): boolean {
  return !RECORDED.has(name) || Boolean(run.views.get(name)?.panels.length);
}

function overview(run: RunIndex, context: PageContext): HTMLElement[] {
  const all = run.run.findings.length > 0 ? link(`All ${run.run.findings.length}`, () => context.open("findings")) : undefined;
  return [
    factRow(run, context.split),
    viewCard(run, "curves", "span-8", context, "training"),
    findingsCard(run, run.findingsOn(context.split), "most severe first", "span-4 tall", context, all),
    viewCard(run, "confusion", "span-4", { ...context, most: 1 }, "generalisation"),
    timeCard(run, "span-4", context, link("Bottlenecks", () => context.open("bottlenecks"))),
    aboutCard(run),
  ];
}

function timeCard(run: RunIndex, span: string, context: PageContext, more?: HTMLElement): HTMLElement {
  const whole = run.cost(ROOT, "time_s");
  if (whole === null || !Number.isFinite(whole)) return viewCard(run, "cost", span, { ...context, most: 1 }, more && "bottlenecks");
  return card("Forward time by module", `one forward pass, ${seconds(whole)}`, span, icicle(run, context.choose), more);
}

function factRow(run: RunIndex, split: string | null): HTMLElement {
  const model = run.run.model;
  const root = run.graph.nodes.get(ROOT);
  const facts: HTMLElement[] = [];
  const add = (label: string, number: string, unit: string, under: string, more?: string) =>
    facts.push(
      h(
        "div",
        { class: "fact", title: more ?? null },
        h("div", { class: "label" }, label),
        h("div", { class: "number" }, number, unit && h("small", {}, unit)),
        h("div", { class: "under" }, under),
      ),
    );
  if (model) {
    const [number, unit] = parted(si(model.parameter_count));
    add("Parameters", number, unit, trainable(model));
  }
  if (typeof root?.flops === "number") {
    const [number, unit] = parted(si(root.flops));
    const coverage = run.flopCoverage(ROOT);
    const said = ["one batch, multiply-add = 2", coverage?.short].filter(Boolean).join("; ");
    add("Forward cost", number, `${unit}FLOP`, said, coverage?.statement);
  }
  const time = run.cost(ROOT, "time_s");
  if (time !== null) {
    const [number, unit] = Number.isFinite(time) ? parted(seconds(time)) : [written(time, seconds), ""];
    add("Forward time", number, unit, "one batch, median of 3");
  }
  const evaluated = run.rows("evaluation").filter((row) => split === null || row["split"] === split);
  for (const row of evaluated.filter((r) => r["metric"] === "accuracy")) {
    const value = numberOf(row["value"]);
    const [low, high] = ["low", "high"].map((name) => toNumber(row[name]));
    if (value === null) continue;
    const half = low != null && high != null ? ` · ${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)}` : "";
    add(`${title(String(row["split"]))} accuracy`, written(100 * value, (share) => share.toFixed(1)), Number.isFinite(value) ? "%" : "", `${count(Number(row["samples"]))} examples${half}`);
  }
  for (const row of evaluated.filter((r) => r["metric"] === "loss")) {
    const value = numberOf(row["value"]);
    if (value !== null) add(`${title(String(row["split"]))} loss`, written(value, figures), "", "mean over the split");
  }
  if (!facts.length) return card("The model", "", "span-12", notMeasured("This run holds neither a model nor what it costs."));
  return h("section", { class: "card span-12" }, h("div", { class: "fact-row" }, ...facts));
}

/** A checkpoint does not say what of it was trained. */
function trainable(model: ModelInfo): string {
  if (model.trainable_count === null) return "trainable share unknown";
  return `${figures(model.parameter_count ? (100 * model.trainable_count) / model.parameter_count : 0)} % trainable`;
}

function parted(text: string): [string, string] {
  const at = text.lastIndexOf(" ");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function title(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function viewCard(run: RunIndex, name: string, span: string, context: PageContext, page?: Page): HTMLElement {
  const view: View = run.views.get(name) ?? {
    name,
    title: title(name),
    subtitle: "",
    description: "",
    panels: [],
    gaps: ["the report holds no such chart"],
  };
  const more = page && link(title(page), () => context.open(page));
  const body = context.withoutCharts ? h("div", {}) : drawView(shownOf(view, context), { ...context, selected: context.node });
  body.dataset["view"] = name;
  return card(view.title, view.subtitle, span, body, more);
}

/** What of a run's view stands on a page. */
export function shownOf(view: View, context: Pick<PageContext, "split">): View {
  return ofSplit(view, context.split);
}

/** Of the panels of splits the one that is chosen. */
function ofSplit(view: View, split: string | null): View {
  if (view.name !== "confusion" || split === null) return view;
  const chosen = view.panels.filter((panel) => panel.title.toLowerCase().split(/\W+/).includes(split.toLowerCase()));
  return chosen.length ? { ...view, panels: chosen } : view;
}

function card(name: string, subtitle: string, span: string, body: Node, more?: Node): HTMLElement {
  return h(
    "section",
    { class: `card ${span}` },
    h("header", {}, h("h2", {}, name, subtitle && h("small", {}, subtitle)), more),
    body,
  );
}

function link(text: string, act: () => void): HTMLElement {
  return h("button", { type: "button", class: "link", click: act }, text);
}

function evaluationCard(run: RunIndex, context: PageContext): HTMLElement {
  const all = run.rows("evaluation");
  const rows = all.filter((row) => context.split === null || row["split"] === context.split);
  if (!all.length) {
    return card("Evaluation", "", "span-12", notMeasured(reasons(run, "evaluation")));
  }
  const cells = rows.map((row) => {
    const [low, high] = ["low", "high"].map((name) => toNumber(row[name]));
    const value = numberOf(row["value"]);
    const interval = low != null && high != null ? `${figures(low)} to ${figures(high)}` : "–";
    return [String(row["split"]), String(row["metric"]), value === null ? "not measured" : written(value, figures), interval, count(Number(row["samples"]))];
  });
  return card("Evaluation", "95 % intervals", "span-12", table(["Split", "Metric", "Value", "Interval", "Samples"], cells, 2), context.splitSwitch());
}

function costTable(run: RunIndex, context: PageContext): HTMLElement {
  const rows = run
    .rows("cost")
    .filter((row) => {
      const node = run.graph.nodes.get(String(row["node"]));
      return node && (node.kind === "module" ? node.atomic : !run.graph.nodes.get(node.parent ?? "")?.atomic);
    })
    .sort((a, b) => rank(b) - rank(a));
  if (!rows.length) return card("Slowest nodes", "", "span-12", notMeasured(reasons(run, "cost")));
  const whole = run.cost(ROOT, "time_s");
  const cells = rows.slice(0, 60).map((row) => {
    const [time, flops] = [numberOf(row["time_s"]), toNumber(row["flops"])];
    return [
      String(row["node"]),
      run.graph.nodes.get(String(row["node"]))?.type ?? "",
      time === null ? "not measured" : written(time, seconds),
      time !== null && whole && Number.isFinite(time / whole) ? figures((100 * time) / whole) : "–",
      flops === null ? (run.withoutFlops(String(row["node"])) ?? "not counted") : si(flops),
      time && flops && Number.isFinite(time) ? si(flops / time) : "–",
    ];
  });
  const body = table(["Node", "Type", "Time", "Forward, %", "FLOPs", "FLOP/s"], cells, 2, (i) => context.choose(String(rows[i]!["node"])));
  const coverage = run.flopCoverage(ROOT)?.statement;
  const said = coverage ? h("p", { class: "faint" }, `FLOPs. ${coverage}`) : null;
  return card("Slowest nodes", "forward, one batch, gradients off", "span-12", h("div", {}, body, said));
}

/** Where a row stands among the slow ones: what is no number comes first, what was not measured last. */
function rank(row: Record<string, unknown>): number {
  const time = numberOf(row["time_s"]);
  return time === null ? -1 : Number.isFinite(time) ? time : Infinity;
}

function notMeasured(reason: string): HTMLElement {
  return h("div", { class: "not-measured hatched" }, reason || "not measured");
}

/** Why something is not there. */
function reasons(run: RunIndex, what: string): string {
  return [...new Set(run.run.gaps.filter((gap) => gap.what === what).map((gap) => gap.reason))].join("; ");
}

/** Findings, or in their place that no rule fired, or that no rule had anything to judge. */
function findingsCard(run: RunIndex, findings: readonly Finding[], subtitle: string, span: string, context: PageContext, more?: HTMLElement): HTMLElement {
  const isJudged = findings.length > 0 || run.isMeasured;
  const list = isJudged ? findingList(findings, context.choose, "No rule fired on what was measured") : notMeasured("This run holds no measurements that a rule could judge.");
  return card("Findings", subtitle, span, list, more);
}

function table(header: string[], rows: string[][], firstNumber: number, act?: (row: number) => void): HTMLElement {
  return h(
    "div",
    { class: "table-box tall" },
    h(
      "table",
      { class: "data" },
      h("thead", {}, h("tr", {}, ...header.map((name, c) => h("th", { scope: "col", class: c >= firstNumber ? "number" : null }, name)))),
      h(
        "tbody",
        {},
        ...rows.map((row, r) =>
          h(
            "tr",
            {},
            ...row.map((cell, c) =>
              h(
                "td",
                { class: c >= firstNumber ? "number" : c === 0 ? "mono" : null },
                c === 0 && act ? h("button", { type: "button", class: "link mono", click: () => act(r) }, cell) : cell,
              ),
            ),
          ),
        ),
      ),
    ),
  );
}

function findingsPage(run: RunIndex, context: PageContext): HTMLElement[] {
  const here = context.node;
  const all = run.run.findings;
  const onSplit = run.findingsOn(context.split);
  const own = here === null ? onSplit : run.findingsOf(here, context.split);
  const filtered = here !== null && own.length < onSplit.length;
  const where = [filtered && `of ${here}`, context.split !== null && `on ${context.split}, and of no split`].filter(Boolean).join(", ");
  const subtitle = own.length < all.length ? `${where}: ${own.length} of ${all.length}` : "most severe first";
  const splitting = all.some((finding) => finding.split !== null) ? context.splitSwitch() : null;
  const tools = h("div", { class: "card-tools" }, filtered && link("Show all", () => context.choose("")), splitting);
  const gaps = h(
    "div",
    {},
    ...run.run.gaps.map((gap) =>
      h("div", { class: "finding" }, h("span", { class: "glyph info", "aria-hidden": "true" }, "–"), h("div", { class: "title" }, gap.what), h("div", { class: "detail" }, gap.reason)),
    ),
  );
  return [
    findingsCard(run, own, subtitle, "span-8", context, tools),
    card("Not measured", "gaps and their reasons", "span-4", run.run.gaps.length ? gaps : h("div", { class: "soft" }, "Nothing was left out.")),
  ];
}

function aboutCard(run: RunIndex): HTMLElement {
  const facts = Object.entries({ ...run.run.facts, measured: run.run.created });
  const notes = run.run.graph ? captureNotes(run.run.graph.capture) : [];
  const rows = facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value), h("dd", {})]);
  return card("About this run", "", "span-12", h("div", {}, h("dl", { class: "facts" }, ...rows), ...notes.map((note) => h("p", { class: "soft" }, note))));
}

/** What a reader should know of how complete the graph is, a sentence each. */
export function captureNotes(capture: CaptureReport): string[] {
  const told: [string, string[]][] = [
    ["Parameters that no op used", capture.unreached_parameters],
    ["Aten ops outside any op that was written", capture.dispatched_only],
    ["Switched off while tracing", capture.fast_paths_off],
    ["Values brought to the host, where edges end", capture.host_reads],
  ];
  const lists = told.filter(([, names]) => names.length).map(([what, names]) => `${what}: ${some(names)}.`);
  return [...lists, ...capture.notes];
}

function some(names: string[]): string {
  const shown = names.slice(0, 8).join(", ");
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}
