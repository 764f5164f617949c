/** Long series in few points that look the same: the lowest and the highest of each pixel column. */

/**
 * Indices of the points to draw, rising.
 *
 * Of each column the first, the lowest, the highest and the last point are kept, so that peaks and
 * joints stay where they are. The first point of a column that is missing is kept as a break.
 *
 * @param places where each point lies, rising, in pixels.
 * @param values what each point holds; null is a break.
 */
export function decimated(places: ArrayLike<number>, values: ArrayLike<number | null>): number[] {
  const kept: number[] = [];
  let start = 0;
  while (start < places.length) {
    const column = Math.floor(places[start]!);
    let end = start + 1;
    while (end < places.length && Math.floor(places[end]!) === column) end++;
    keepColumn(start, end, values, kept);
    start = end;
  }
  return kept;
}

function keepColumn(start: number, end: number, values: ArrayLike<number | null>, kept: number[]): void {
  if (end - start <= 4) {
    for (let i = start; i < end; i++) kept.push(i);
    return;
  }
  const telling = new Set([start, end - 1]);
  let [lowest, highest, broken] = [-1, -1, -1];
  for (let i = start; i < end; i++) {
    const value = values[i];
    if (value === null || value === undefined) {
      if (broken < 0) broken = i;
      continue;
    }
    if (lowest < 0 || value < values[lowest]!) lowest = i;
    if (highest < 0 || value > values[highest]!) highest = i;
  }
  for (const index of [lowest, highest, broken]) if (index >= 0) telling.add(index);
  kept.push(...[...telling].sort((a, b) => a - b));
}
