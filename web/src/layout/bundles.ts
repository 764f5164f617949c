import type { Block, BlockEdge } from "./types";

/** From so many tensors on, those that go into one box run as one line; of gradients and what is kept for them fewer. */
const LEAST = { tensors: 8, others: 4 };
/** A tensor used more often keeps a line of its own. */
const MOST_USES = 2;

/**
 * Lets many tensors that go into one box, as all steps of a loop go into one list, share their way
 * to it as one net.
 *
 * Such a line is true wherever one looks: all that joins it is of one kind and ends in that box. Its net has a
 * number above those of the block's own nets.
 */
export function bundleFans(block: Block): Block {
  const uses = new Map<number, number>();
  let [most, kinds] = [-1, 1];
  for (const { net, kind } of block.edges) {
    uses.set(net, (uses.get(net) ?? 0) + 1);
    most = Math.max(most, net);
    kinds = Math.max(kinds, kind + 1);
  }
  const joins = (edge: BlockEdge): boolean =>
    edge.entry === null && uses.get(edge.net)! <= MOST_USES && edge.source !== edge.target;
  const fanOf = ({ target, kind }: BlockEdge): number => target * kinds + kind;
  const fans = new Map<number, number>();
  for (const edge of block.edges) if (joins(edge)) fans.set(fanOf(edge), (fans.get(fanOf(edge)) ?? 0) + 1);
  const isFan = (edge: BlockEdge): boolean => (fans.get(fanOf(edge)) ?? 0) >= (edge.kind === 0 ? LEAST.tensors : LEAST.others);
  const edges = block.edges.map((edge) => (joins(edge) && isFan(edge) ? { ...edge, net: most + 1 + fanOf(edge) } : edge));
  return { ...block, edges };
}
