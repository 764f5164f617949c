/** A curve as small as a word. */

/**
 * The path of a curve that fills a box; it breaks where a value is no number.
 *
 * @returns an empty path where there is no number at all.
 */
export function sparkPath(steps: readonly number[], values: readonly (number | string)[], width: number, height: number): string {
  const known = values.filter((value): value is number => typeof value === "number");
  if (!known.length) return "";
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const [first, last] = [steps[0] ?? 0, steps.at(-1) ?? 0];
  const x = (step: number): number => 1 + (last > first ? ((step - first) / (last - first)) * (width - 2) : (width - 2) / 2);
  const y = (value: number): number => 2 + (high > low ? ((high - value) / (high - low)) * (height - 4) : (height - 4) / 2);
  let path = "";
  let isDrawing = false;
  values.forEach((value, i) => {
    if (typeof value === "number") path += `${isDrawing ? "L" : "M"}${x(steps[i] ?? 0).toFixed(1)} ${y(value).toFixed(1)}`;
    isDrawing = typeof value === "number";
  });
  return known.length === 1 ? `${path}h0.01` : path; // a point has no length, and a round cap draws it
}
