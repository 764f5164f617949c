/** Where a report opens, and what stands in place of a graph that the run does not have. */

import { h } from "../app/dom";
import type { Page } from "../app/store";
import type { RunIndex } from "../model/run";

/** What each page beside the graph needs to have something to show: charts, or rows of tables. */
const NEEDS: readonly { page: Page; views: readonly string[]; tables: readonly string[]; label: string }[] = [
  { page: "training", views: ["curves", "strips", "ridges", "parameters", "gradients"], tables: ["scalars"], label: "curves and distributions of the training" },
  { page: "generalisation", views: ["confusion"], tables: ["evaluation"], label: "the evaluation" },
  { page: "bottlenecks", views: ["work", "cost"], tables: ["cost"], label: "where time goes" },
];

/** The graph, or in a run without one the first page that has something. */
export function firstPage(run: RunIndex): Page {
  return run.run.graph ? "graph" : (filled(run)[0]?.page ?? (run.run.findings.length ? "findings" : "overview"));
}

/** Says that there is no graph, why as far as it is known, and what there is instead. */
export function noGraph(run: RunIndex, open: (page: Page) => void): HTMLElement {
  const reasons = run.run.gaps.filter((gap) => gap.what === "graph").map((gap) => gap.reason);
  const links = filled(run).map(({ page, label }) => h("li", {}, h("button", { type: "button", class: "link", click: () => open(page) }, title(page)), `: ${label}`));
  return h(
    "div",
    { class: "no-graph", role: "status" },
    h("h2", {}, "This run has no graph"),
    h("p", { class: "soft" }, reasons.join("; ") || "No model was run while it was recorded. Give ta.record an example, or ta.visualize_model the model and data, to see its graph."),
    links.length > 0 ? h("p", {}, "What it has:") : null,
    links.length > 0 ? h("ul", {}, ...links) : null,
  );
}

function filled(run: RunIndex): typeof NEEDS {
  return NEEDS.filter(({ views, tables }) => views.some((name) => run.views.get(name)?.panels.length) || tables.some((name) => run.rows(name).length));
}

function title(page: Page): string {
  return page.charAt(0).toUpperCase() + page.slice(1);
}
