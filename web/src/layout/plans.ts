import { ROOT, type GraphIndex } from "../model/graph";
import { layoutBlock } from "./block";
import type { Flows } from "./flows";
import type { Measure } from "./label";
import { alignWidths, HEADER_HEIGHT, headerRoom, measureBox, measureHeader, type Box, type GroupHeader } from "./size";
import type { Block, BlockEdge, Direction, PlacedBlock } from "./types";

export interface LayoutOptions {
  measure: Measure;
  parameterCount: (id: string) => number;
  /** How high the head of an open group is, for those that show more than one line of words. */
  headerHeight?: (id: string) => number;
  /** Which way tensors run; down unless said otherwise. Heads of groups are on top either way. */
  direction?: Direction;
}

export type Side = "in" | "out";

/** Nets in the order in which their ports stand on a group's borders, from the left. */
export type PortOrder = Record<Side, readonly string[]>;

/** What is in an open group, before its place is known. */
export interface GroupContents {
  id: string;
  items: string[];
  boxes: ReadonlyMap<string, Box>;
  header: GroupHeader | null;
  flows: Flows;
}

/** A group laid out as if tensors ran down. In `placed`, the ports of `ports` follow the items. */
export interface GroupPlan extends GroupContents {
  ports: PortOrder;
  placed: PlacedBlock;
}

/** Plans of the open groups inside a group, by id. */
export type Plans = ReadonlyMap<string, GroupPlan>;

export interface Size {
  width: number;
  height: number;
}

const GROUP_INSET = 16;
const ROOT_INSET = { top: 0, left: 0, right: 0, bottom: 0 };
const PORT_WIDTH = 8;

/** Lays out groups one at a time, and remembers blocks that look alike so that each is laid out once. */
export class GroupPlanner {
  private readonly blocks = new Map<string, PlacedBlock>();
  private readonly index: GraphIndex;
  private readonly options: LayoutOptions;
  private readonly isSideways: boolean;

  constructor(index: GraphIndex, options: LayoutOptions) {
    this.index = index;
    this.options = options;
    this.isSideways = options.direction === "LR";
  }

  /** How many different blocks have been laid out so far. */
  get blocksLaidOut(): number {
    return this.blocks.size;
  }

  /** What is in a group of which the groups in `open` are shown open. */
  contents(id: string, open: ReadonlySet<string>, flows: Flows): GroupContents {
    const items = [...this.index.children(id)];
    const boxes = new Map<string, Box>();
    for (const item of items) {
      if (!open.has(item)) boxes.set(item, measureBox(this.index, item, this.options.measure));
    }
    if (!this.isSideways) alignWidths([...boxes.values()]);
    return { id, items, boxes, header: id === ROOT ? null : this.header(id), flows };
  }

  /** Lays out a group whose inner groups are planned; `asked` is an order that its ports must keep. */
  plan(contents: GroupContents, inner: Plans, asked?: PortOrder): GroupPlan {
    const { header, flows } = contents;
    const ports = asked ?? { in: flows.inputs, out: flows.outputs };
    const block = this.blockOf(contents, inner, ports, asked !== undefined);
    const placed = header ? this.layoutUnder(header, block) : this.layoutOnce(block);
    return { ...contents, ports, placed };
  }

  /** Size of an item in a block, where tensors run down. */
  sizeOf(item: string, boxes: ReadonlyMap<string, Box>, inner: Plans): Size {
    const placed = inner.get(item)?.placed;
    if (placed) return placed;
    const { width, height } = boxes.get(item)!;
    return this.isSideways ? { width: height, height: width } : { width, height };
  }

  private blockOf({ items, boxes, header, flows }: GroupContents, inner: Plans, ports: PortOrder, portsStay: boolean): Block {
    const place = new Map(items.map((item, i) => [item, i]));
    const vertices: Block["vertices"][number][] = items.map((item) => {
      const { width, height } = this.sizeOf(item, boxes, inner);
      return { width, height, role: "item" };
    });
    const portPlaces = { in: new Map<string, number>(), out: new Map<string, number>() };
    for (const side of ["in", "out"] as const) {
      for (const net of ports[side]) {
        portPlaces[side].set(net, vertices.length);
        vertices.push({ width: PORT_WIDTH, height: 0, role: side });
      }
    }
    const numbers = new Map(flows.nets.map((net, i) => [net, i]));
    const edges = flows.edges.map(({ net, from, to }): BlockEdge => ({
      source: from === null ? portPlaces.in.get(net)! : place.get(from)!,
      target: to === null ? portPlaces.out.get(net)! : place.get(to)!,
      net: numbers.get(net)!,
      exit: from === null ? 0 : (portOffset(inner.get(from), net, "out") ?? 0),
      entry: to === null ? 0 : portOffset(inner.get(to), net, "in"),
    }));
    return { vertices, edges, portsStay, inset: this.insetUnder(header), minWidth: 0, minHeight: 0, clearLeft: 0 };
  }

  private header(id: string): GroupHeader {
    const { measure, parameterCount, headerHeight } = this.options;
    const height = headerHeight?.(id) ?? HEADER_HEIGHT;
    return measureHeader(this.index, id, { count: parameterCount(id), height }, measure);
  }

  /** Asks for room for the words in the head line only where they lack it: more blocks stay alike. */
  private layoutUnder(header: GroupHeader, block: Block): PlacedBlock {
    const snug = this.layoutOnce(block);
    const { width, left } = headerRoom(header);
    if (this.isSideways) return snug.height >= width ? snug : this.layoutOnce({ ...block, minHeight: width });
    const ports = block.vertices.flatMap((vertex, i) => (vertex.role === "in" ? [snug.centres[i]![0]] : []));
    if (snug.width >= width && ports.every((x) => x >= left)) return snug;
    return this.layoutOnce({ ...block, minWidth: width, clearLeft: left });
  }

  /** Room around the contents of a group; the root has none. */
  private insetUnder(header: GroupHeader | null): Block["inset"] {
    if (!header) return ROOT_INSET;
    const around = { top: GROUP_INSET, left: GROUP_INSET, right: GROUP_INSET + header.beyond, bottom: GROUP_INSET + header.beyond };
    return this.isSideways ? { ...around, left: header.height } : { ...around, top: header.height };
  }

  private layoutOnce(block: Block): PlacedBlock {
    const key = nameOf(block);
    const placed = this.blocks.get(key) ?? layoutBlock(block);
    this.blocks.set(key, placed);
    return placed;
  }
}

/** A text that two blocks share only if all of them is the same. */
function nameOf({ vertices, edges, portsStay, inset, minWidth, minHeight, clearLeft }: Block): string {
  const parts: (number | string | boolean | null)[] = [portsStay, minWidth, minHeight, clearLeft];
  parts.push(inset.top, inset.left, inset.right, inset.bottom);
  for (const { role, width, height } of vertices) parts.push(role, width, height);
  for (const { source, target, net, exit, entry } of edges) parts.push(source, target, net, exit, entry);
  return parts.join();
}

/** Where a group's port is, from its upper left corner; x alone. */
export function portColumn(plan: GroupPlan, net: string, side: Side): number {
  const before = plan.items.length + (side === "out" ? plan.ports.in.length : 0);
  return plan.placed.centres[before + plan.ports[side].indexOf(net)]![0];
}

/** How far a port is from the middle of its group; null when the item is not an open group. */
function portOffset(plan: GroupPlan | undefined, net: string, side: Side): number | null {
  return plan ? portColumn(plan, net, side) - plan.placed.width / 2 : null;
}
