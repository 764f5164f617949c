/** Numbers as people read them. The data are in SI units; this is the edge where they are formatted. */

export type Nonfinite = "NaN" | "Infinity" | "-Infinity";

/** A number in the unit of its column: seconds as ms, FLOPs and counts with a prefix. */
export function inUnit(value: number, unit: string): string {
  if (unit === "s") return seconds(value);
  if (unit === "B") return bytes(value);
  if (/^FLOP/.test(unit)) return si(value);
  return Math.abs(value) >= 1000 && Number.isInteger(value) ? count(value) : figures(value);
}

/** A finite number, or null where nothing (or nothing finite) was measured. */
export function toNumber(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** A cell as a number, NaN and infinities included; null where nothing was measured. */
export function numberOf(cell: unknown): number | null {
  if (typeof cell === "number") return cell;
  if (cell === "NaN" || cell === "Infinity" || cell === "-Infinity") return Number(cell);
  return null;
}

/** A number as it is written: a cross for NaN, an arrow for an infinity. */
export function written(value: number, format: (value: number) => string): string {
  if (Number.isNaN(value)) return "✕ NaN";
  if (!Number.isFinite(value)) return value > 0 ? "↑ Inf" : "↓ −Inf";
  return format(value);
}

const STEPS: [number, string][] = [
  [1e15, "P"],
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];

/** `11.18 M`, `512`, `1.85 G`: three to four figures with an SI prefix. */
export function si(value: number): string {
  if (value === 0) return "0";
  if (Math.abs(value) >= 1e18) return figures(value);
  for (const [step, prefix] of STEPS)
    if (Math.abs(value) >= step * (step === 1e3 ? 10 : 1)) return minus(`${twoPlaces(value / step)} ${prefix}`);
  return Number.isInteger(value) ? count(value) : figures(value);
}

/** `11.18`, `302.1`: two places below a hundred, one above. */
function twoPlaces(value: number): string {
  return value.toFixed(Math.abs(value) < 99.995 ? 2 : 1);
}

/** Whole numbers with thousands separators. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Three significant figures, or as many as asked, without an exponent where that is readable. */
export function figures(value: number, most = 3): string {
  if (value === 0) return "0";
  if (Number.isNaN(value)) return "NaN";
  const size = Math.abs(value);
  if (size === Infinity) return value > 0 ? "∞" : "−∞";
  if (size >= 1e6 || size < 1e-3) return minus(scientific(value));
  const digits = Math.max(0, most - 1 - Math.floor(Math.log10(size)));
  return minus(trimmed(value.toFixed(Math.min(digits, 4))));
}

function trimmed(text: string): string {
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}

function minus(text: string): string {
  return text.replace("-", "−");
}

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** `2.3·10⁻⁴`. */
export function scientific(value: number): string {
  const [mantissa, exponent] = value.toExponential(1).split("e") as [string, string];
  const power = Number(exponent);
  const raised = [...String(Math.abs(power))].map((digit) => RAISED[Number(digit)]).join("");
  return `${mantissa.replace(/\.0$/, "")}·10${power < 0 ? "⁻" : ""}${raised}`;
}

/** Powers of ten for axis ticks: `10⁻³`, `1`, `10²`. */
export function power(exponent: number): string {
  if (exponent === 0) return "1";
  const raised = [...String(Math.abs(exponent))].map((digit) => RAISED[Number(digit)]).join("");
  return `10${exponent < 0 ? "⁻" : ""}${raised}`;
}

export function seconds(value: number): string {
  if (value === 0) return "0";
  if (value >= 1) return `${figures(value)} s`;
  if (value >= 1e-3) return `${figures(value * 1e3)} ms`;
  return `${figures(value * 1e6)} µs`;
}

export function bytes(value: number): string {
  for (const [step, unit] of [
    [2 ** 30, "GiB"],
    [2 ** 20, "MiB"],
    [2 ** 10, "KiB"],
  ] as const)
    if (value >= step) return `${figures(value / step)} ${unit}`;
  return `${count(value)} B`;
}

export function percent(share: number): string {
  if (!Number.isFinite(share)) return "–";
  const value = 100 * share;
  if (value > 0 && value < 0.01) return "<0.01";
  return value.toFixed(value >= 9.995 || value === 0 ? 1 : 2);
}
