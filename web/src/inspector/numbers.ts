/** Every number of a node, by table; a click colours the graph by it. */

import type { Colouring } from "../app/colouring";
import { h } from "../app/dom";
import type { Moment } from "../model/columnvalues";
import { count, written } from "../model/format";
import type { Measure } from "../model/measures";

/** A person's own numbers stand open, all others behind a heading. */
export function numberSections(measures: readonly Measure[], id: string, at: Moment, colouring: Colouring, colourBy: (name: string) => void): HTMLElement[] {
  const own = measures.filter((measure) => measure.table === "Your own");
  const sections: HTMLElement[] = [];
  if (own.length) sections.push(h("section", {}, h("h2", {}, "Your own numbers"), list(own, id, at, colouring, colourBy)));
  const body = h("div", {});
  const details = h("details", { class: "more" }, h("summary", {}, `All numbers (${count(measures.length)})`), body);
  details.addEventListener("toggle", () => {
    if (details.open && !body.firstChild) body.append(...byTable(measures, id, at, colouring, colourBy)); // worked out when asked for
  });
  if (measures.length) sections.push(h("section", {}, details));
  return sections;
}

function byTable(measures: readonly Measure[], id: string, at: Moment, colouring: Colouring, colourBy: (name: string) => void): HTMLElement[] {
  const tables = [...new Set(measures.map((measure) => measure.table))];
  return tables.flatMap((table) => [
    h("h3", { class: "numbers-table" }, table),
    list(measures.filter((measure) => measure.table === table), id, at, colouring, colourBy),
  ]);
}

function list(measures: readonly Measure[], id: string, at: Moment, colouring: Colouring, colourBy: (name: string) => void): HTMLElement {
  return h(
    "dl",
    { class: "facts numbers" },
    ...measures.flatMap((measure) => {
      const value = measure.value(id, at);
      const isShown = measure.name === colouring.measure.name;
      const button = h("button", { type: "button", class: "link", title: `${measure.note}. Colour the graph by it.`, "aria-pressed": String(isShown), click: () => colourBy(measure.name) }, measure.label);
      const said = value === null ? (measure.applies(id) ? "not measured" : measure.without) : written(value, measure.format);
      return [h("dt", {}, button), h("dd", { class: value === null ? "faint number" : "number" }, said)];
    }),
  );
}
