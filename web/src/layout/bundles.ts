import type { Block } from "./types";

/** From so many tensors on, those that go into one box run as one line. */
const LEAST = 8;
/** A tensor used more often keeps a line of its own. */
const MOST_USES = 2;

/**
 * Lets many tensors that go into one box, as all steps of a loop go into one list, share their way
 * to it as one net.
 *
 * Such a line is true wherever one looks: all that joins it ends in that box. Its net has a number above those
 * of the block's own nets.
 */
export function bundleFans(block: Block): Block {
  const uses = new Map<number, number>();
  let most = -1;
  for (const { net } of block.edges) {
    uses.set(net, (uses.get(net) ?? 0) + 1);
    most = Math.max(most, net);
  }
  const joins = (edge: Block["edges"][number]): boolean =>
    edge.entry === null && uses.get(edge.net)! <= MOST_USES && edge.source !== edge.target;
  const fans = new Map<number, number>();
  for (const edge of block.edges) if (joins(edge)) fans.set(edge.target, (fans.get(edge.target) ?? 0) + 1);
  const isFan = (target: number): boolean => (fans.get(target) ?? 0) >= LEAST;
  const edges = block.edges.map((edge) =>
    joins(edge) && isFan(edge.target) ? { ...edge, net: most + 1 + edge.target } : edge,
  );
  return { ...block, edges };
}
