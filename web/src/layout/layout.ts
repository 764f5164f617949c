import { ROOT, type GraphIndex, type LiftedEdge } from "../model/graph";
import { layoutBlock } from "./block";
import { collectFlows, type Flows } from "./flows";
import type { Measure } from "./label";
import { alignWidths, HEADER_HEIGHT, headerRoom, measureBox, measureHeader, type Box, type GroupHeader } from "./size";
import type { Block, BlockEdge, Direction, PlacedBlock, Point } from "./types";

/** A closed node or an open group where it stands; x and y are of its upper left corner. */
export interface LayoutNode {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
  depth: number;
  box: Box | null;
  header: GroupHeader | null;
}

/** A ring where a tensor crosses the border of an open group. */
export interface LayoutPort {
  group: string;
  net: string;
  side: "in" | "out";
  at: Point;
}

/** The whole way of a tensor from one closed node to another, through all borders between. */
export interface LayoutEdge extends LiftedEdge {
  points: Point[];
}

/** A picture of the graph with some groups open, in CSS pixels at zoom 1. */
export interface Layout {
  nodes: LayoutNode[];
  edges: LayoutEdge[];
  ports: LayoutPort[];
  forks: { net: string; at: Point }[];
  width: number;
  height: number;
}

export interface LayoutOptions {
  measure: Measure;
  parameterCount: (id: string) => number;
  /** How high the head of an open group is, for those that show more than one line of words. */
  headerHeight?: (id: string) => number;
  /** Which way tensors run; down unless said otherwise. Heads of groups are on top either way. */
  direction?: Direction;
}

const GROUP_INSET = 16;
const ROOT_INSET = { top: 0, left: 0, right: 0, bottom: 0 };

/** A group laid out as if tensors ran down; `transposed` gives the picture of the other direction. */
interface GroupPlan {
  id: string;
  items: string[];
  boxes: Map<string, Box>;
  header: GroupHeader | null;
  flows: Flows;
  placed: PlacedBlock;
}

/** Lays out graphs, and remembers blocks that look alike so that each is laid out once. */
export class LayoutEngine {
  private readonly blocks = new Map<string, PlacedBlock>();
  private readonly index: GraphIndex;
  private readonly options: LayoutOptions;

  constructor(index: GraphIndex, options: LayoutOptions) {
    this.index = index;
    this.options = options;
  }

  /** How many different blocks have been laid out so far. */
  get blocksLaidOut(): number {
    return this.blocks.size;
  }

  /** Places everything that is seen when these groups are open. */
  layout(expanded: ReadonlySet<string>): Layout {
    const open = this.openGroups(expanded);
    const lifted = this.index.liftEdges(expanded);
    const flows = collectFlows(this.index, lifted, open);
    const plans = new Map<string, GroupPlan>();
    for (const id of [...open].reverse()) plans.set(id, this.planGroup(id, plans, flows.get(id)!));
    const layout = this.place(open, plans, lifted);
    return this.isSideways ? transposed(layout) : layout;
  }

  private get isSideways(): boolean {
    return this.options.direction === "LR";
  }

  /** Open groups whose surroundings are open too, outer ones first; the root is the first. */
  private openGroups(expanded: ReadonlySet<string>): string[] {
    const seen = this.index.visible(expanded);
    return [ROOT, ...seen.filter((id) => expanded.has(id) && this.index.isGroup(id))];
  }

  private planGroup(id: string, plans: ReadonlyMap<string, GroupPlan>, flows: Flows): GroupPlan {
    const items = [...this.index.children(id)];
    const boxes = new Map<string, Box>();
    for (const item of items) {
      if (!plans.has(item)) boxes.set(item, measureBox(this.index, item, this.options.measure));
    }
    if (!this.isSideways) alignWidths([...boxes.values()]);
    const header = id === ROOT ? null : this.header(id);
    const block: Block = { ...this.contents(items, boxes, plans, flows), inset: this.insetUnder(header, this.index.looks.get(id)?.beyond ?? 0) };
    const placed = header ? this.layoutUnder(header, block) : this.layoutOnce(block);
    return { id, items, boxes, header, flows, placed };
  }

  private contents(
    items: string[],
    boxes: ReadonlyMap<string, Box>,
    plans: ReadonlyMap<string, GroupPlan>,
    flows: Flows,
  ): Omit<Block, "inset"> {
    const place = new Map(items.map((item, i) => [item, i]));
    const vertices: Block["vertices"][number][] = items.map((item) => {
      const { width, height } = this.sizeOf(item, boxes, plans);
      return { width, height, role: "item" };
    });
    const inPorts = new Map<string, number>();
    const outPorts = new Map<string, number>();
    for (const { net, side } of portsOf({ flows })) {
      (side === "in" ? inPorts : outPorts).set(net, vertices.length);
      vertices.push({ width: 8, height: 0, role: side });
    }
    const numbers = new Map(flows.nets.map((net, i) => [net, i]));
    const edges = flows.edges.map((edge): BlockEdge => ({
      source: edge.from === null ? inPorts.get(edge.net)! : place.get(edge.from)!,
      target: edge.to === null ? outPorts.get(edge.net)! : place.get(edge.to)!,
      net: numbers.get(edge.net)!,
      exit: edge.from === null ? 0 : (portOffset(plans.get(edge.from), edge.net, "out") ?? 0),
      entry: edge.to === null ? 0 : portOffset(plans.get(edge.to), edge.net, "in"),
    }));
    return { vertices, edges, minWidth: 0, minHeight: 0, clearLeft: 0 };
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
  private insetUnder(header: GroupHeader | null, beyond: number): Block["inset"] {
    if (!header) return ROOT_INSET;
    const around = { top: GROUP_INSET, left: GROUP_INSET, right: GROUP_INSET + beyond, bottom: GROUP_INSET + beyond };
    return this.isSideways ? { ...around, left: header.height } : { ...around, top: header.height };
  }

  /** Size of an item in a block, where tensors run down. */
  private sizeOf(item: string, boxes: ReadonlyMap<string, Box>, plans: ReadonlyMap<string, GroupPlan>): Size {
    const inner = plans.get(item)?.placed;
    if (inner) return inner;
    const { width, height } = boxes.get(item)!;
    return this.isSideways ? { width: height, height: width } : { width, height };
  }

  private layoutOnce(block: Block): PlacedBlock {
    const key = JSON.stringify(block);
    const placed = this.blocks.get(key) ?? layoutBlock(block);
    this.blocks.set(key, placed);
    return placed;
  }

  private place(open: string[], plans: ReadonlyMap<string, GroupPlan>, lifted: LiftedEdge[]): Layout {
    const corners = new Map<string, Point>([[ROOT, [0, 0]]]);
    const root = plans.get(ROOT)!.placed;
    const layout: Layout = { nodes: [], edges: [], ports: [], forks: [], width: root.width, height: root.height };
    for (const id of open) {
      const plan = plans.get(id)!;
      const [left, top] = corners.get(id)!;
      plan.items.forEach((item, i) => {
        const inner = plans.get(item);
        const box = plan.boxes.get(item) ?? null;
        const { width, height } = this.sizeOf(item, plan.boxes, plans);
        const centre = plan.placed.centres[i]!;
        const corner: Point = [left + centre[0] - width / 2, top + centre[1] - height / 2];
        corners.set(item, corner);
        const depth = this.index.depth(item);
        layout.nodes.push({ id: item, x: corner[0], y: corner[1], width, height, depth, box, header: inner?.header ?? null });
      });
      portsOf(plan).forEach(({ net, side }, i) => {
        const at = plan.placed.centres[plan.items.length + i]!;
        layout.ports.push({ group: id, net, side, at: [left + at[0], top + at[1]] });
      });
      for (const { net, at } of plan.placed.forks) {
        layout.forks.push({ net: plan.flows.nets[net]!, at: [left + at[0], top + at[1]] });
      }
    }
    layout.edges = lifted.map((edge) => ({ ...edge, points: this.fullRoute(edge, plans, corners) }));
    return layout;
  }

  private fullRoute(edge: LiftedEdge, plans: ReadonlyMap<string, GroupPlan>, corners: Map<string, Point>): Point[] {
    const points: Point[] = [];
    for (const [group, index] of plans.get(ROOT)!.flows.paths.get(edge)!) {
      const [left, top] = corners.get(group)!;
      for (const [x, y] of plans.get(group)!.placed.routes[index]!) points.push([left + x, top + y]);
    }
    return withoutNeedless(points);
  }
}

interface Size {
  width: number;
  height: number;
}

/** The picture with its axes exchanged. Sizes of boxes' words stay as they are. */
function transposed(layout: Layout): Layout {
  const flip = ([x, y]: Point): Point => [y, x];
  return {
    nodes: layout.nodes.map((node) => ({ ...node, x: node.y, y: node.x, width: node.height, height: node.width })),
    edges: layout.edges.map((edge) => ({ ...edge, points: edge.points.map(flip) })),
    ports: layout.ports.map((port) => ({ ...port, at: flip(port.at) })),
    forks: layout.forks.map((fork) => ({ ...fork, at: flip(fork.at) })),
    width: layout.height,
    height: layout.width,
  };
}

/** Ports of a group, in the order in which they stand after its items. */
function portsOf(plan: { flows: Flows }): { net: string; side: "in" | "out" }[] {
  return [
    ...plan.flows.inputs.map((net) => ({ net, side: "in" as const })),
    ...plan.flows.outputs.map((net) => ({ net, side: "out" as const })),
  ];
}

/** How far a port is from the middle of its group; null when the item is not an open group. */
function portOffset(plan: GroupPlan | undefined, net: string, side: "in" | "out"): number | null {
  if (!plan) return null;
  const port = portsOf(plan).findIndex((one) => one.net === net && one.side === side);
  return plan.placed.centres[plan.items.length + port]![0] - plan.placed.width / 2;
}

/** Leaves out points that lie on the line between their neighbours. */
function withoutNeedless(points: Point[]): Point[] {
  const kept: Point[] = [];
  for (const point of points) {
    const before = kept.at(-2);
    const last = kept.at(-1);
    if (last && Math.abs(last[0] - point[0]) < 0.01 && Math.abs(last[1] - point[1]) < 0.01) continue;
    const onColumn = before && Math.abs(before[0] - last![0]) < 0.01 && Math.abs(last![0] - point[0]) < 0.01;
    const onRow = before && Math.abs(before[1] - last![1]) < 0.01 && Math.abs(last![1] - point[1]) < 0.01;
    if (onColumn || onRow) kept[kept.length - 1] = point;
    else kept.push(point);
  }
  return kept;
}
