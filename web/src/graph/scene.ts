import { LayoutEngine, type Layout, type LayoutEdge, type LayoutNode, type LayoutOptions } from "../layout/layout";
import { shapeText, type Font, type Measure } from "../layout/label";
import type { Point } from "../layout/types";
import type { GraphIndex } from "../model/graph";

export const SHAPE_FONT: Font = { weight: 400, size: 9.5 };
const [THINNEST, THICKEST] = [1.2, 2.8];
const LABEL_GAP = 8;
const LABEL_HEIGHT = 11;
/** A closed group shows up to this many layers by themselves, and its children if it has more. */
const MAX_CELLS = 40;

/** A tensor's shape, written beside its line; `at` is its left end, `depth` that of the tint beneath. */
export interface ShapeLabel {
  text: string;
  at: Point;
  width: number;
  depth: number;
}

/** Everything that is drawn for one set of open groups, in CSS pixels at zoom 1. */
export interface Scene {
  layout: Layout;
  nodes: ReadonlyMap<string, LayoutNode>;
  /** Line width of each edge. */
  widths: number[];
  labels: ShapeLabel[];
  layoutMs: number;
}

/** Where a node's first tensor comes in: what stays in place when the node is opened or closed. */
export function entranceColumn(scene: Scene, node: LayoutNode): number {
  const port = scene.layout.ports.find((one) => one.group === node.id && one.side === "in");
  return port ? port.at[0] : node.x + node.width / 2;
}

/** Turns the graph and its open groups into a scene. */
export class SceneBuilder {
  private readonly index: GraphIndex;
  private readonly measure: Measure;
  private readonly engine: LayoutEngine;
  private readonly memberIds = new Map<string, string[]>();

  constructor(index: GraphIndex, measure: Measure, parameterCount: (id: string) => number, more: Partial<LayoutOptions> = {}) {
    this.index = index;
    this.measure = measure;
    this.engine = new LayoutEngine(index, { measure, parameterCount, ...more });
  }

  build(open: ReadonlySet<string>): Scene {
    const start = performance.now();
    const layout = this.engine.layout(open);
    const layoutMs = performance.now() - start;
    return {
      layout,
      nodes: new Map(layout.nodes.map((node) => [node.id, node])),
      widths: lineWidths(layout.edges),
      labels: placeLabels(layout, this.index, this.measure),
      layoutMs,
    };
  }

  /** The layers with parameters inside a closed group, as its strip of colours shows them. */
  members(id: string): string[] {
    const known = this.memberIds.get(id);
    if (known) return known;
    const layers = this.index
      .descendants(id)
      .filter((inner) => this.isLayer(inner) && this.index.hasParameters(inner));
    const children = this.index.children(id).filter((inner) => this.index.hasParameters(inner));
    const found = layers.length <= MAX_CELLS ? layers : thin(children, MAX_CELLS);
    this.memberIds.set(id, found);
    return found;
  }

  /** Whether a node is drawn as one box when all groups are open. */
  private isLayer(id: string): boolean {
    const parent = this.index.parent(id);
    const insideLayer = parent !== null && this.index.has(parent) && this.index.nodeOf(parent).atomic;
    return !insideLayer && !this.index.isOpenedByAll(id) && this.index.nodeOf(id).kind !== "backward";
  }
}

function thin(ids: string[], count: number): string[] {
  if (ids.length <= count) return ids;
  return Array.from({ length: count }, (_, i) => ids[Math.floor((i * ids.length) / count)]!);
}

/** Wider for larger tensors, on a logarithmic scale over the whole picture. */
function lineWidths(edges: LayoutEdge[]): number[] {
  const sizes = edges.map((edge) => Math.log(Math.max(1, ...edge.tensors.map((tensor) => tensor.size_bytes))));
  const low = sizes.reduce((least, size) => Math.min(least, size), Infinity);
  const high = sizes.reduce((most, size) => Math.max(most, size), -Infinity);
  const range = high - low;
  return sizes.map((size) => THINNEST + (THICKEST - THINNEST) * (range > 0 ? (size - low) / range : 0.5));
}

/** Shapes stand where a node changes them, beside the line that leaves it, on free ground. */
function placeLabels(layout: Layout, index: GraphIndex, measure: Measure): ShapeLabel[] {
  const taken = new Map<string, Set<string>>();
  for (const edge of layout.edges) {
    const shapes = taken.get(edge.target) ?? new Set();
    taken.set(edge.target, shapes);
    for (const tensor of edge.tensors) shapes.add(shapeText(tensor.shape));
  }
  const boxes = layout.nodes.filter((node) => node.box !== null);
  const labels: ShapeLabel[] = [];
  const done = new Set<string>();
  for (const edge of layout.edges) {
    const tensor = edge.tensors[0];
    const shapesIn = taken.get(edge.source);
    const written = index.nodeOf(edge.target).kind === "output";
    if (!tensor || !shapesIn || written || done.has(edge.source)) continue;
    const text = shapeText(tensor.shape);
    if (shapesIn.has(text)) continue;
    const width = measure(text, SHAPE_FONT);
    const at = freePlace(edge.points, width, boxes, labels);
    if (!at) continue;
    done.add(edge.source);
    labels.push({ text, at, width, depth: index.depth(edge.source) - 1 });
  }
  return labels;
}

/** A place beside the first piece of a line where a text covers no node and no other text. */
function freePlace(points: Point[], width: number, boxes: LayoutNode[], labels: ShapeLabel[]): Point | null {
  const [first, second] = [points[0]!, points[1]!];
  const length = second[1] - first[1];
  if (length < LABEL_HEIGHT - 1) return null;
  const y = first[1] + Math.min(length, 18) / 2;
  for (const x of [first[0] + LABEL_GAP, first[0] - LABEL_GAP - width]) {
    const covers = (left: number, top: number, w: number, h: number): boolean =>
      left < x + width && left + w > x && top < y + LABEL_HEIGHT / 2 && top + h > y - LABEL_HEIGHT / 2;
    const free =
      !boxes.some((box) => covers(box.x, box.y, box.width, box.height)) &&
      !labels.some((label) => covers(label.at[0], label.at[1] - LABEL_HEIGHT / 2, label.width, LABEL_HEIGHT));
    if (free) return [x, y];
  }
  return null;
}
