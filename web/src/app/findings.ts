/** Findings as a list: what is so, the evidence, what to do, and where. */

import type { Finding } from "../generated/document";
import { figures, numberOf, written } from "../model/format";
import { h } from "./dom";

const GLYPHS = { error: "▲", warning: "◆", info: "○" } as const;
const NAMES = { error: "error", warning: "warning", info: "note" } as const;

export function findingList(findings: readonly Finding[], choose: (node: string) => void, empty: string): HTMLElement {
  if (!findings.length)
    return h("div", { class: "finding" }, h("span", { class: "glyph fine", "aria-hidden": "true" }, "✓"), h("div", { class: "title" }, empty));
  return h("div", { class: "findings" }, ...findings.map((finding) => findingItem(finding, choose)));
}

function findingItem(finding: Finding, choose: (node: string) => void): HTMLElement {
  const value = numberOf(finding.value);
  const first = finding.nodes[0];
  const where = finding.nodes.slice(0, 4).map((node) =>
    h("button", { type: "button", class: "link", click: () => choose(node) }, node === "." ? "the model" : node),
  );
  const more = finding.nodes.length - where.length;
  const title = h("div", { class: "title" }, finding.title);
  if (first !== undefined) {
    title.replaceChildren(h("button", { type: "button", class: "link plain", click: () => choose(first) }, finding.title));
  }
  return h(
    "article",
    { class: "finding", "data-rule": finding.rule },
    h("span", { class: `glyph ${finding.severity}`, role: "img", "aria-label": NAMES[finding.severity] }, GLYPHS[finding.severity]),
    title,
    h("div", { class: "value", title: finding.unit }, value === null ? "" : shown(value, finding.unit)),
    h("div", { class: "detail" }, finding.detail),
    h("div", { class: "advice" }, finding.advice),
    h("div", { class: "where" }, ...where, more > 0 && `and ${more} more`, h("span", {}, [finding.rule, finding.split, finding.source].filter(Boolean).join(" · "))),
  );
}

/** Shares of something are written in per cent, as the titles have them. */
function shown(value: number, unit: string): string {
  return /^(share|of) /.test(unit) ? written(value, (share) => `${figures(100 * share)} %`) : written(value, figures);
}
