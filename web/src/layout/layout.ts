import { ROOT, type GraphIndex, type LiftedEdge } from "../model/graph";
import { planGroups } from "./feedback";
import { cutAtBorders, type CutEdges } from "./flows";
import { GroupPlanner, type GroupPlan, type LayoutOptions, type Side } from "./plans";
import type { Box, GroupHeader } from "./size";
import type { Point } from "./types";

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

export type { LayoutOptions } from "./plans";

/** Does a work that is done bit by bit, all of it. */
export function finish<T>(steps: Generator<unknown, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Lays out graphs, and remembers blocks that look alike so that each is laid out once. */
export class LayoutEngine {
  private readonly planner: GroupPlanner;
  private readonly index: GraphIndex;
  private readonly isSideways: boolean;

  constructor(index: GraphIndex, options: LayoutOptions) {
    this.index = index;
    this.planner = new GroupPlanner(index, options);
    this.isSideways = options.direction === "LR";
  }

  /** How many different blocks have been laid out so far. */
  get blocksLaidOut(): number {
    return this.planner.blocksLaidOut;
  }

  /** Places everything that is seen when these groups are open. */
  layout(expanded: ReadonlySet<string>): Layout {
    return finish(this.steps(expanded));
  }

  /** The same bit by bit: gives now and then how much is done, 0 to 1. */
  *steps(expanded: ReadonlySet<string>): Generator<number, Layout> {
    const open = this.openGroups(expanded);
    const lifted = this.index.liftEdges(expanded);
    yield 0;
    const cut = cutAtBorders(this.index, lifted, open);
    yield 0;
    const plans = yield* planGroups(this.planner, this.index, open, cut.flows);
    const layout = yield* this.place(open, plans, lifted, cut);
    return this.isSideways ? transposed(layout) : layout;
  }

  /** Open groups whose surroundings are open too, outer ones first; the root is the first. */
  private openGroups(expanded: ReadonlySet<string>): string[] {
    const seen = this.index.visible(expanded);
    return [ROOT, ...seen.filter((id) => expanded.has(id) && this.index.isGroup(id))];
  }

  private *place(open: string[], plans: ReadonlyMap<string, GroupPlan>, lifted: LiftedEdge[], cut: CutEdges): Generator<number, Layout> {
    const corners = new Map<string, Point>([[ROOT, [0, 0]]]);
    const root = plans.get(ROOT)!.placed;
    const layout: Layout = { nodes: [], edges: [], ports: [], forks: [], width: root.width, height: root.height };
    const placed: PlacedGroup[] = [];
    for (const id of open) {
      const plan = plans.get(id)!;
      const [left, top] = corners.get(id)!;
      plan.items.forEach((item, i) => {
        const box = plan.boxes[i]!;
        const inner = box ? undefined : plans.get(item);
        const { width, height } = this.planner.sizeOf(inner, box);
        const centre = plan.placed.centres[i]!;
        const corner: Point = [left + centre[0] - width / 2, top + centre[1] - height / 2];
        if (inner) corners.set(item, corner);
        const depth = this.index.depth(item);
        layout.nodes.push({ id: item, x: corner[0], y: corner[1], width, height, depth, box, header: inner?.header ?? null });
      });
      const { items, ports, flows } = plan;
      const addPort = (side: Side, net: number, i: number): void => {
        const at = plan.placed.centres[i]!;
        layout.ports.push({ group: id, net: cut.nets[net]!, side, at: [left + at[0], top + at[1]] });
      };
      ports.in.forEach((net, i) => addPort("in", net, items.length + i));
      ports.out.forEach((net, i) => addPort("out", net, items.length + ports.in.length + i));
      for (const { net, at } of plan.placed.forks) {
        layout.forks.push({ net: cut.nets[flows.nets[net]!]!, at: [left + at[0], top + at[1]] });
      }
      placed.push({ left, top, routes: plan.placed.routes });
      yield 1;
    }
    for (const [i, { source, target, tensors, role, through }] of lifted.entries()) {
      if (i % 256 === 0) yield 1;
      const points = fullRoute(placed, cut.pieces, cut.starts[i]!, cut.starts[i + 1]!);
      layout.edges.push(through ? { source, target, tensors, role, through, points } : { source, target, tensors, role, points });
    }
    return layout;
  }
}

/** An open group where it stands, with the ways inside it. */
interface PlacedGroup {
  left: number;
  top: number;
  routes: Point[][];
}

/** The way of one edge through all groups, without points that lie on the line between their neighbours. */
function fullRoute(placed: readonly PlacedGroup[], pieces: readonly number[], start: number, end: number): Point[] {
  const kept: Point[] = [];
  for (let at = start; at < end; at += 2) {
    const { left, top, routes } = placed[pieces[at]!]!;
    for (const [x, y] of routes[pieces[at + 1]!]!) addPoint(kept, left + x, top + y);
  }
  return kept;
}

function addPoint(kept: Point[], x: number, y: number): void {
  const last = kept[kept.length - 1];
  const before = kept[kept.length - 2];
  if (last && isNear(last[0], x) && isNear(last[1], y)) return;
  const onColumn = before && isNear(before[0], last![0]) && isNear(last![0], x);
  const onRow = before && isNear(before[1], last![1]) && isNear(last![1], y);
  if (onColumn || onRow) kept[kept.length - 1] = [x, y];
  else kept.push([x, y]);
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) < 0.01;
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
