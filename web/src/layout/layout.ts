import { ROOT, type GraphIndex, type LiftedEdge } from "../model/graph";
import { planGroups } from "./feedback";
import { collectFlows } from "./flows";
import { GroupPlanner, type GroupPlan, type LayoutOptions } from "./plans";
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
    const open = this.openGroups(expanded);
    const lifted = this.index.liftEdges(expanded);
    const flows = collectFlows(this.index, lifted, open);
    const plans = planGroups(this.planner, this.index, open, flows);
    const layout = this.place(open, plans, lifted);
    return this.isSideways ? transposed(layout) : layout;
  }

  /** Open groups whose surroundings are open too, outer ones first; the root is the first. */
  private openGroups(expanded: ReadonlySet<string>): string[] {
    const seen = this.index.visible(expanded);
    return [ROOT, ...seen.filter((id) => expanded.has(id) && this.index.isGroup(id))];
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
        const { width, height } = this.planner.sizeOf(item, plan.boxes, plans);
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
function portsOf({ ports }: GroupPlan): { net: string; side: "in" | "out" }[] {
  return [...ports.in.map((net) => ({ net, side: "in" as const })), ...ports.out.map((net) => ({ net, side: "out" as const }))];
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
