import type { Block } from "./types";

/** From so many tensors on, those that go into one box and nowhere else run as one line. */
const LEAST = 8;

/**
 * Lets tensors that all go into one box, and nowhere else, share their way to it as one net, which
 * has the number of the first of them.
 *
 * Such a line is true wherever one looks: all that joins it ends in that box.
 */
export function bundleFans(block: Block): Block {
  const uses = new Map<number, number>();
  for (const { net } of block.edges) uses.set(net, (uses.get(net) ?? 0) + 1);
  const joins = (edge: Block["edges"][number]): boolean =>
    edge.entry === null && uses.get(edge.net) === 1 && edge.source !== edge.target;
  const fans = new Map<number, { net: number; size: number }>();
  for (const edge of block.edges) {
    if (!joins(edge)) continue;
    const fan = fans.get(edge.target) ?? { net: edge.net, size: 0 };
    fan.size++;
    fans.set(edge.target, fan);
  }
  const edges = block.edges.map((edge) => {
    const fan = joins(edge) ? fans.get(edge.target)! : undefined;
    return fan && fan.size >= LEAST ? { ...edge, net: fan.net } : edge;
  });
  return { ...block, edges };
}
