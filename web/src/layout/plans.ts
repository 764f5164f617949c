import { ROOT, type GraphIndex } from "../model/graph";
import { KnownBlocks } from "./blocks";
import { BORDER, type Flows } from "./flows";
import type { Measure } from "./label";
import { alignedWidths, HEADER_HEIGHT, headerRoom, measureBox, measureHeader, type Box, type GroupHeader } from "./size";
import type { Block, BlockEdge, BlockVertex, Direction, PlacedBlock, Size } from "./types";

export interface LayoutOptions {
  measure: Measure;
  parameterCount: (id: string) => number;
  /** How high the head of an open group is, for those that show more than one line of words. */
  headerHeight?: (id: string) => number;
  /** Which way tensors run; down unless said otherwise. Heads of groups are on top either way. */
  direction?: Direction;
  /** Blocks that are laid out already, to be shared by layouts of one graph with other parts open or folded. */
  blocks?: KnownBlocks;
}

export type Side = "in" | "out";

/** Nets in the order in which their ports stand on a group's borders, from the left. */
export type PortOrder = Record<Side, readonly number[]>;

/** What is in an open group, before its place is known. */
export interface GroupContents {
  id: string;
  items: readonly string[];
  /** The box of each item; null where it is an open group. */
  boxes: readonly (Box | null)[];
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

const GROUP_INSET = 16;
const ROOT_INSET = { top: 0, left: 0, right: 0, bottom: 0 };
const PORT_WIDTH = 8;

/** Lays out groups one at a time, and remembers blocks that look alike so that each is laid out once. */
export class GroupPlanner {
  private readonly blocks: KnownBlocks;
  private readonly boxes = new Map<string, Box>();
  private readonly headers = new Map<string, GroupHeader>();
  private readonly index: GraphIndex;
  private readonly options: LayoutOptions;
  private readonly isSideways: boolean;

  constructor(index: GraphIndex, options: LayoutOptions) {
    this.index = index;
    this.options = options;
    this.blocks = options.blocks ?? new KnownBlocks();
    this.isSideways = options.direction === "LR";
  }

  /** How many different blocks have been laid out so far. */
  get blocksLaidOut(): number {
    return this.blocks.count;
  }

  /** What is in a group of which the groups in `open` are shown open. */
  contents(id: string, open: ReadonlySet<string>, flows: Flows): GroupContents {
    const items = this.index.children(id);
    const own = items.map((item) => (open.has(item) ? null : this.boxOf(item)));
    const boxes = this.isSideways ? own : alignedWidths(own);
    return { id, items, boxes, header: id === ROOT ? null : this.headerOf(id), flows };
  }

  /** Lays out a group whose inner groups are planned; `asked` is an order that its ports must keep. */
  plan(contents: GroupContents, inner: Plans, asked?: PortOrder): GroupPlan {
    const { id, items, boxes, header, flows } = contents;
    const ports = asked ?? { in: flows.inputs, out: flows.outputs };
    const block = this.blockOf(contents, inner, ports, asked !== undefined);
    const placed = header ? this.layoutUnder(header, block) : this.blocks.layout(block);
    return { id, items, boxes, header, flows, ports, placed };
  }

  /** Size of an item in a block, where tensors run down: of an open group, or of its box. */
  sizeOf(inner: GroupPlan | undefined, box: Box | null): Size {
    if (inner) return inner.placed;
    const { width, height } = box!;
    return this.isSideways ? { width: height, height: width } : { width, height };
  }

  private blockOf({ items, boxes, header, flows }: GroupContents, inner: Plans, ports: PortOrder, portsStay: boolean): Block {
    const inside = items.map((item, i) => (boxes[i] ? undefined : inner.get(item)));
    const vertices: BlockVertex[] = inside.map((plan, i) => {
      const { width, height } = this.sizeOf(plan, boxes[i]!);
      return { width, height, role: "item" };
    });
    for (const _ of ports.in) vertices.push({ width: PORT_WIDTH, height: 0, role: "in" });
    for (const _ of ports.out) vertices.push({ width: PORT_WIDTH, height: 0, role: "out" });
    const firstOut = items.length + ports.in.length;
    const edges = flows.edges.map(({ net, from, to }): BlockEdge => {
      const carried = flows.nets[net]!;
      return {
        source: from === BORDER ? items.length + ports.in.indexOf(carried) : from,
        target: to === BORDER ? firstOut + ports.out.indexOf(carried) : to,
        net,
        exit: from === BORDER ? 0 : (portOffset(inside[from], carried, "out") ?? 0),
        entry: to === BORDER ? 0 : portOffset(inside[to], carried, "in"),
      };
    });
    return { vertices, edges, portsStay, inset: this.insetUnder(header), minWidth: 0, minHeight: 0, clearLeft: 0 };
  }

  private boxOf(id: string): Box {
    let box = this.boxes.get(id);
    if (!box) this.boxes.set(id, (box = measureBox(this.index, id, this.options.measure)));
    return box;
  }

  private headerOf(id: string): GroupHeader {
    const known = this.headers.get(id);
    if (known) return known;
    const { measure, parameterCount, headerHeight } = this.options;
    const height = headerHeight?.(id) ?? HEADER_HEIGHT;
    const header = measureHeader(this.index, id, { count: parameterCount(id), height }, measure);
    this.headers.set(id, header);
    return header;
  }

  /** Asks for room for the words in the head line only where they lack it: more blocks stay alike. */
  private layoutUnder(header: GroupHeader, block: Block): PlacedBlock {
    const snug = this.blocks.layout(block);
    const { width, left } = headerRoom(header);
    if (this.isSideways) return snug.height >= width ? snug : this.blocks.layout({ ...block, minHeight: width });
    const isClear = block.vertices.every(({ role }, i) => role !== "in" || snug.centres[i]![0] >= left);
    if (snug.width >= width && isClear) return snug;
    return this.blocks.layout({ ...block, minWidth: width, clearLeft: left });
  }

  /** Room around the contents of a group; the root has none. */
  private insetUnder(header: GroupHeader | null): Block["inset"] {
    if (!header) return ROOT_INSET;
    const around = { top: GROUP_INSET, left: GROUP_INSET, right: GROUP_INSET + header.beyond, bottom: GROUP_INSET + header.beyond };
    return this.isSideways ? { ...around, left: header.height } : { ...around, top: header.height };
  }
}

/** Where a group's port is, from its upper left corner; x alone. */
export function portColumn(plan: GroupPlan, net: number, side: Side): number {
  const before = plan.items.length + (side === "out" ? plan.ports.in.length : 0);
  return plan.placed.centres[before + plan.ports[side].indexOf(net)]![0];
}

/** How far a port is from the middle of its group; null when the item is not an open group. */
function portOffset(plan: GroupPlan | undefined, net: number, side: Side): number | null {
  return plan ? portColumn(plan, net, side) - plan.placed.width / 2 : null;
}
