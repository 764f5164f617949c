import { separation, type Layered } from "./layers";
import type { Ranking } from "./ranks";
import type { Block } from "./types";

/** A jog shorter than this is worse than a column a little beside, in CSS pixels. */
const SHORTEST_JOG = 20;

/**
 * Moves the port that the longest way leaves by below the port that it comes in by.
 *
 * A chain of groups then stands in one column, instead of each a little beside the one before. The
 * other ports make way and keep their order, so nothing crosses that did not cross before.
 */
export function straightenPorts(
  { block, ranking, layered, layers }: { block: Block; ranking: Ranking; layered: Layered; layers: number[][] },
  x: Float64Array,
): void {
  const entry = mainPort(block, "in", ranking);
  const exit = mainPort(block, "out", ranking);
  if (entry === undefined || exit === undefined || Math.abs(x[entry]! - x[exit]!) < SHORTEST_JOG) return;
  const row = layers.at(-1)!;
  const at = row.indexOf(exit);
  const goesRight = x[entry]! > x[exit]!;
  x[exit] = x[entry]!;
  if (goesRight) {
    for (let i = at + 1; i < row.length; i++) {
      const least = x[row[i - 1]!]! + separation(layered, row[i - 1]!, row[i]!);
      x[row[i]!] = Math.max(x[row[i]!]!, least);
    }
  } else {
    for (let i = at - 1; i >= 0; i--) {
      const most = x[row[i + 1]!]! - separation(layered, row[i]!, row[i + 1]!);
      x[row[i]!] = Math.min(x[row[i]!]!, most);
    }
  }
}

/** The port on the longest way in or out; of several the one whose tensor is met last, or the first. */
export function mainPort(block: Block, role: "in" | "out", { depth, reach }: Ranking): number | undefined {
  const length = role === "in" ? reach : depth;
  let found: number | undefined;
  block.vertices.forEach((vertex, i) => {
    if (vertex.role !== role) return;
    const isTied = found !== undefined && length[i] === length[found];
    if (found === undefined || length[i]! > length[found]! || (isTied && vertex.isLatest)) found = i;
  });
  return found;
}
