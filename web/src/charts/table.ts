/** The numbers behind a chart as a table that sorts; of very many rows the first are shown. */

import { h } from "../app/dom";
import { count, figures } from "../model/format";
import { visible } from "../model/names";
import type { Cell, Numbers } from "./numbers";

const MOST_ROWS = 2000;

/** A table with a button in each head that sorts by it; a row's name chooses its node. */
export function numbersTable(numbers: Numbers, caption: string, choose: (node: string) => void): HTMLElement {
  const shown = numbers.columns.slice(0, numbers.shown ?? numbers.columns.length);
  const order = numbers.rows.map((_, i) => i);
  const body = h("tbody", {});
  const isNumber = shown.map((_, c) => numbers.rows.some((row) => typeof row[c] === "number"));
  let [sortedBy, isRising] = [-1, true];
  const heads = shown.map((column, c) => {
    const button = h("button", { type: "button", class: "sort", click: () => sort(c) }, visible(column.name));
    return h("th", { scope: "col", class: isNumber[c] ? "number" : null, "aria-sort": "none" }, button);
  });

  const fill = (): void => body.replaceChildren(...order.slice(0, MOST_ROWS).map((i) => rowOf(numbers, i, shown.length, isNumber, choose)));
  const sort = (by: number): void => {
    isRising = by === sortedBy ? !isRising : !isNumber[by];
    sortedBy = by;
    order.sort((a, b) => compare(numbers.rows[a]![by] ?? null, numbers.rows[b]![by] ?? null, isRising) || a - b);
    heads.forEach((head, c) => head.setAttribute("aria-sort", c === by ? (isRising ? "ascending" : "descending") : "none"));
    fill();
  };

  fill();
  const table = h("table", { class: "data" }, h("caption", "visually-hidden", visible(caption)), h("thead", {}, h("tr", {}, ...heads)), body);
  return h("div", {}, h("div", { class: "table-box", tabindex: 0, role: "region", "aria-label": visible(caption) }, table), ...leftOut(numbers, shown.length));
}

function leftOut(numbers: Numbers, columns: number): HTMLElement[] {
  const said = [];
  if (numbers.rows.length > MOST_ROWS) said.push(`The first ${count(MOST_ROWS)} of ${count(numbers.rows.length)} rows in this order; the CSV has all.`);
  if (numbers.columns.length > columns) said.push(`${count(numbers.columns.length - columns)} more columns, the bins, are in the CSV.`);
  return said.length ? [h("p", "chart-note", said.join(" "))] : [];
}

function rowOf(numbers: Numbers, at: number, columns: number, isNumber: readonly boolean[], choose: (node: string) => void): HTMLElement {
  const node = numbers.nodes[at] ?? null;
  const cells = numbers.rows[at]!.slice(0, columns).map((cell, c) => {
    const text = cellText(cell);
    const isName = node !== null && !isNumber[c] && numbers.rows[at]!.findIndex((other) => typeof other === "string") === c;
    const content = isName ? h("button", { type: "button", class: "link", click: () => choose(node) }, text) : text;
    const title = typeof cell === "number" ? String(cell) : null;
    return h("td", { class: isNumber[c] ? "number" : null, title }, content);
  });
  return h("tr", { "data-node": node }, ...cells);
}

function cellText(cell: Cell): string {
  if (cell === null) return "–";
  if (typeof cell === "string") return visible(cell);
  return Number.isInteger(cell) && Math.abs(cell) < 1e9 ? cell.toLocaleString("en-US") : figures(cell, 4);
}

/** Numbers by size, then text, then what is missing, whichever way the rest is sorted. */
function compare(a: Cell, b: Cell, isRising: boolean): number {
  const rank = (cell: Cell): number => (cell === null || cell === "" ? 2 : typeof cell === "number" ? 0 : 1);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  const sign = isRising ? 1 : -1;
  if (typeof a === "number" && typeof b === "number") return sign * (a - b);
  return sign * String(a ?? "").localeCompare(String(b ?? ""), "en", { numeric: true });
}
