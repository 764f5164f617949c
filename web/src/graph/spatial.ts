import type { Rectangle } from "./shapes";

export interface Area {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const NODE_SIZE = 16;

/**
 * Finds which of many boxes touch an area without looking at all of them.
 *
 * A packed R-tree: boxes are put in order along slices, and sixteen at a time get a box around
 * them, level by level. It is built once for a layout.
 */
export class SpatialIndex {
  /** Four numbers a box: left, top, right, bottom; leaves first, then level by level up to the root. */
  private readonly bounds: Float64Array;
  /** Where each level begins, the leaves first. */
  private readonly levels: number[] = [0];
  private readonly order: Uint32Array;

  constructor(boxes: readonly Area[]) {
    const count = boxes.length;
    this.order = sortedInSlices(boxes);
    let total = count;
    for (let size = count; size > 1; ) {
      size = Math.ceil(size / NODE_SIZE);
      this.levels.push(total);
      total += size;
    }
    this.bounds = new Float64Array(total * 4);
    this.order.forEach((original, i) => {
      const { left, top, right, bottom } = boxes[original]!;
      this.bounds.set([left, top, right, bottom], i * 4);
    });
    for (let level = 1; level < this.levels.length; level++) this.wrap(level, this.levels[level + 1] ?? total);
  }

  /** Places of the boxes that touch an area, in the order in which they were given. */
  search(area: Area): number[] {
    const found: number[] = [];
    const count = this.order.length;
    if (count === 0) return found;
    if (this.isInside(this.levels.at(-1)!, area)) return Array.from({ length: count }, (_, i) => i);
    const waiting: number[] = [this.levels.length - 1, this.levels.at(-1)!];
    while (waiting.length > 0) {
      const at = waiting.pop()!;
      const level = waiting.pop()!;
      if (!this.touches(at, area)) continue;
      if (level === 0) {
        found.push(this.order[at]!);
        continue;
      }
      const [first, last] = this.children(level, at);
      for (let child = first; child < last; child++) waiting.push(level - 1, child);
    }
    return found.sort((a, b) => a - b);
  }

  private children(level: number, at: number): [first: number, last: number] {
    const first = this.levels[level - 1]! + (at - this.levels[level]!) * NODE_SIZE;
    return [first, Math.min(first + NODE_SIZE, this.levels[level]!)];
  }

  private touches(at: number, { left, top, right, bottom }: Area): boolean {
    const b = this.bounds;
    const i = at * 4;
    return b[i]! <= right && b[i + 1]! <= bottom && b[i + 2]! >= left && b[i + 3]! >= top;
  }

  private isInside(at: number, { left, top, right, bottom }: Area): boolean {
    const b = this.bounds;
    const i = at * 4;
    return b[i]! >= left && b[i + 1]! >= top && b[i + 2]! <= right && b[i + 3]! <= bottom;
  }

  private wrap(level: number, end: number): void {
    const b = this.bounds;
    for (let at = this.levels[level]!; at < end; at++) {
      const box = [Infinity, Infinity, -Infinity, -Infinity] as [number, number, number, number];
      const [first, last] = this.children(level, at);
      for (let i = first * 4; i < last * 4; i += 4) {
        box[0] = Math.min(box[0], b[i]!);
        box[1] = Math.min(box[1], b[i + 1]!);
        box[2] = Math.max(box[2], b[i + 2]!);
        box[3] = Math.max(box[3], b[i + 3]!);
      }
      b.set(box, at * 4);
    }
  }
}

/** The area of a box with a corner and a size. */
export function areaOf({ x, y, width, height }: Rectangle): Area {
  return { left: x, top: y, right: x + width, bottom: y + height };
}

/** Boxes cut into vertical slices by their middle, and from top to bottom within a slice. */
function sortedInSlices(boxes: readonly Area[]): Uint32Array {
  const order = Uint32Array.from(boxes, (_, i) => i);
  const [across, down] = [boxes.map((box) => box.left + box.right), boxes.map((box) => box.top + box.bottom)];
  order.sort((a, b) => across[a]! - across[b]!);
  const slice = NODE_SIZE * Math.max(1, Math.ceil(Math.sqrt(boxes.length / NODE_SIZE)));
  for (let start = 0; start < order.length; start += slice) {
    order.subarray(start, start + slice).sort((a, b) => down[a]! - down[b]!);
  }
  return order;
}
