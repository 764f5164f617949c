/** Tables as CSV after RFC 4180, which a spreadsheet may open without harm. */

import type { Cell, Numbers } from "./numbers";

/** A spreadsheet takes text that begins like this for a formula. */
const FORMULA = /^[=+\-@\t\r]/;
const END = "\r\n";

/** A header with units, then a line a row; numbers at full precision, text guarded against formulas. */
export function csvOf({ columns, rows }: Numbers): string {
  const lines = [columns.map(({ name }) => field(name)), ...rows.map((row) => row.map(field))];
  return `\ufeff${lines.map((line) => line.join(",")).join(END)}${END}`;
}

const NUMBERS = new Set(["NaN", "Infinity", "-Infinity"]);

/** Text that looks like a formula gets a leading apostrophe, which shows it as text. */
function field(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number" || NUMBERS.has(cell)) return String(cell);
  const safe = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
