/** From graph and open groups to placed boxes and lines. */

import { type Box, type Diagram, type Placed, LayoutCache, compose } from "../diagram/compose";
import type { Point } from "../diagram/layered";
import type { GraphIndex, LiftedEdge } from "../model/nodes";
import { elide, nodeDetail, nodeName, shapeText } from "./labels";

export const FONT = {
  name: (family: string) => `600 11.5px ${family}`,
  detail: (family: string) => `400 11px ${family}`,
  edge: (family: string) => `400 9.5px ${family}`,
};
export const NODE = { height: 26, plain: 22, closed: 40, padding: 10, chevron: 16, value: 44 } as const;
const MOST_NAME = 180;
const MOST_DETAIL = 150;

export interface Label {
  name: string;
  detail: string;
  nameWidth: number;
}

export interface Scene {
  placed: Placed;
  boxes: Map<string, Box>;
  labels: Map<string, Label>;
  edges: LiftedEdge[];
  /** Width of each segment's line, by the bytes of its tensor. */
  widths: number[];
  /** Shape written beside a segment; empty where it did not change. */
  shapes: string[];
  /** Points where lines of one tensor part, and the segments that begin there. */
  forks: [number, number][];
  forked: Set<number>;
  layoutMs: number;
}

export type Measure = (text: string, font: string) => number;

export class SceneBuilder {
  private readonly cache = new LayoutCache();
  private readonly labels = new Map<string, Label & { width: number }>();

  constructor(
    private readonly index: GraphIndex,
    private readonly measure: Measure,
    private readonly family: string,
    private readonly hasValue: (id: string) => boolean,
  ) {}

  build(open: ReadonlySet<string>): Scene {
    const start = performance.now();
    const children = this.index.visibleGroups(open);
    const parent = new Map<string, string>();
    for (const [group, ids] of children) for (const id of ids) parent.set(id, group);
    const edges = this.index.liftedEdges(open);
    const diagram: Diagram = {
      children,
      parent,
      size: (id) => this.size(id),
      titleWidth: (id) => this.label(id).width + 120,
      edges,
    };
    const placed = compose(diagram, this.cache);
    const layoutMs = performance.now() - start;
    const boxes = new Map(placed.boxes.map((box) => [box.id, box]));
    const bytes = edges.map((edge) => Math.max(...edge.edges.map((e) => e.tensor.size_bytes), 1));
    const most = Math.log2(Math.max(...bytes, 2));
    const widthOf = (edge: number) => 1.2 + 1.6 * Math.max(0, Math.log2(bytes[edge]!) / most - 0.5) * 2;
    return {
      placed,
      boxes,
      labels: new Map(placed.boxes.map((box) => [box.id, this.label(box.id)])),
      edges,
      widths: placed.segments.map((s) => Math.max(...s.edges.map(widthOf))),
      shapes: changedShapes(placed, edges),
      ...forkPoints(placed),
      layoutMs,
    };
  }

  private label(id: string): Label & { width: number } {
    const known = this.labels.get(id);
    if (known) return known;
    const node = this.index.node(id)!;
    const { name: nameFont, detail: detailFont } = FONT;
    const name = elide(nodeName(node), (t) => this.measure(t, nameFont(this.family)) <= MOST_NAME);
    const detail = elide(
      nodeDetail(node, this.index),
      (t) => this.measure(t, detailFont(this.family)) <= MOST_DETAIL,
    );
    const nameWidth = this.measure(name, nameFont(this.family));
    const width = nameWidth + (detail ? 7 + this.measure(detail, detailFont(this.family)) : 0);
    const made = { name, detail, nameWidth, width };
    this.labels.set(id, made);
    return made;
  }

  private size(id: string): { width: number; height: number } {
    const node = this.index.node(id)!;
    const closed = this.index.isOpenedByAll(id);
    const valued = this.hasValue(id);
    const chevron = closed ? NODE.chevron : 0;
    const wanted = this.label(id).width + 2 * NODE.padding + chevron + (valued ? NODE.value : 0);
    const least = valued ? 200 : node.kind === "module" ? 92 : 64;
    const width = Math.max(least, Math.ceil(wanted / 8) * 8);
    return { width, height: closed ? NODE.closed : valued ? NODE.height : NODE.plain };
  }
}

/** The shape of each first segment, where it is not that of everything the source used. */
function changedShapes(placed: Placed, edges: LiftedEdge[]): string[] {
  const used = new Map<string, Set<string>>();
  for (const edge of edges) {
    const shapes = used.get(edge.target) ?? new Set();
    shapes.add(shapeText(edge.edges[0]!.tensor));
    used.set(edge.target, shapes);
  }
  const written = new Set<string>();
  const texts = placed.segments.map(() => "");
  edges.forEach((edge, i) => {
    const first = placed.routes[i]![0];
    const shape = shapeText(edge.edges[0]!.tensor);
    const key = `${edge.source}\u0000${shape}`;
    const before = used.get(edge.source);
    if (first === undefined || !before || before.has(shape) || written.has(key)) return;
    written.add(key);
    texts[first] = shape;
  });
  return texts;
}

function forkPoints(placed: Placed): { forks: [number, number][]; forked: Set<number> } {
  const starts = new Map<string, number[]>();
  placed.segments.forEach((segment, i) => {
    const [x, y] = segment.points[0]!;
    const key = `${segment.source}\u0000${x},${y}`;
    starts.set(key, [...(starts.get(key) ?? []), i]);
  });
  const forks = new Map<string, [number, number]>();
  const forked = new Set<number>();
  for (const together of starts.values()) {
    if (together.length < 2) continue;
    for (const i of together) {
      const points = placed.segments[i]!.points;
      if (points.length < 3) continue;
      forks.set(points[1]!.join(), points[1]!);
      if (together.some((other) => reaches(placed.segments[other]!.points, points[1]!, other === i)))
        forked.add(i);
    }
  }
  return { forks: [...forks.values()], forked };
}

/** Whether another line covers the way down to the point where this one turns. */
function reaches(points: Point[], turn: Point, same: boolean): boolean {
  return !same && points[1]![0] === turn[0] && points[1]![1] > turn[1];
}
