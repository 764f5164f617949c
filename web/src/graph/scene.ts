import { finish, LayoutEngine, type Layout, type LayoutEdge, type LayoutNode, type LayoutOptions } from "../layout/layout";
import { netOf } from "../layout/flows";
import { shapeText, type Font, type Measure } from "../layout/label";
import { HEADER_HEIGHT } from "../layout/size";
import type { Point } from "../layout/types";
import { SHEET_STEP, type DrawnFold, type DrawnGraph } from "../model/drawn";
import { type EdgeRole, type GraphIndex } from "../model/graph";
import { FOLD_HEADER, foldFigure, type FoldFigure } from "./fold_figure";
import { areaOf, SpatialIndex, type Area } from "./spatial";

export const SHAPE_FONT: Font = { weight: 400, size: 9.5 };
const [THINNEST, THICKEST] = [1.2, 2.8];
/** Lines have one of this many widths, so that many can be drawn at once. */
const WIDTHS = 9;
const LABEL_GAP = 8;
const LABEL_HEIGHT = 11;
const LINE_CLEARANCE = 5;
/** A closed group shows up to this many layers by themselves, and its children if it has more. */
const MAX_CELLS = 40;

/** A tensor's shape, written beside its line; `at` is its left end, `depth` that of the tint beneath. */
export interface ShapeLabel {
  text: string;
  at: Point;
  width: number;
  depth: number;
  /** What the line carries, by `netOf`. */
  net: string;
  /** Whether it says what other labels do not: the shape has changed here. */
  changed: boolean;
}

/** Everything that is drawn for one set of open groups, in CSS pixels at zoom 1. */
export interface Scene {
  /** What it was made of. */
  drawn: DrawnGraph;
  open: ReadonlySet<string>;
  layout: Layout;
  nodes: ReadonlyMap<string, LayoutNode>;
  folds: ReadonlyMap<string, DrawnFold>;
  /** Line width of each edge. */
  widths: number[];
  /** Places of nodes and edges, in the order of the layout. */
  nodesAt: SpatialIndex;
  edgesAt: SpatialIndex;
  /** Roles of nets, for the dots where they fork. */
  roles: ReadonlyMap<string, EdgeRole>;
  /** Shapes beside lines: first those where the shape changes. Found out when they are first asked for, or bit by bit before. */
  labels: () => readonly ShapeLabel[];
  labelSteps: () => Generator<number, void>;
  /** The layers with parameters inside a closed group, as its strip of colours shows them. */
  members: (id: string) => string[];
  /** How long the layout took, without what else was done meanwhile. */
  layoutMs: number;
}

/** Where a node's first tensor comes in: what stays in place when the node is opened or closed. */
export function entranceColumn(scene: Scene, node: LayoutNode): number {
  const port = node.header ? scene.layout.ports.find((one) => one.group === node.id && one.side === "in") : undefined;
  return port ? port.at[0] : node.x + node.width / 2;
}

/** The parts of a fold that is drawn as this node; null when it is none. */
export function figureOf(scene: Scene, node: LayoutNode): FoldFigure | null {
  const drawn = scene.folds.get(node.id);
  if (!drawn) return null;
  const [only, ...more] = drawn.fold.members[drawn.member]!;
  return foldFigure(node, drawn, more.length === 0 ? scene.nodes.get(only!) : undefined);
}

/** Turns the graph and its open groups into a scene. */
export class SceneBuilder {
  private readonly engine: LayoutEngine;
  private readonly memberIds = new Map<string, string[]>();

  constructor(
    readonly drawn: DrawnGraph,
    private readonly measure: Measure,
    parameterCount: (id: string) => number,
    more: Partial<LayoutOptions> = {},
  ) {
    const headerHeight = (id: string): number => {
      const fold = drawn.folds.get(id);
      return fold && !fold.inline ? FOLD_HEADER : HEADER_HEIGHT;
    };
    this.engine = new LayoutEngine(drawn.index, { measure, parameterCount, headerHeight, ...more });
  }

  build(open: ReadonlySet<string>): Scene {
    return finish(this.steps(open));
  }

  /** The same bit by bit: gives now and then how much is done, 0 to 1. */
  *steps(open: ReadonlySet<string>): Generator<number, Scene> {
    const { index, folds } = this.drawn;
    const steps = this.engine.steps(open);
    let layoutMs = 0;
    let layout: Layout | null = null;
    while (!layout) {
      const start = performance.now();
      const step = steps.next();
      layoutMs += performance.now() - start;
      if (step.done) layout = step.value;
      else yield step.value;
    }
    yield 1;
    const nodes = new Map(layout.nodes.map((node) => [node.id, node]));
    leaveFronts(layout, nodes, folds);
    const labels = new Labels(layout, index, this.measure);
    return {
      drawn: this.drawn,
      open: new Set(open),
      layout,
      nodes,
      folds,
      widths: lineWidths(layout.edges),
      nodesAt: new SpatialIndex(layout.nodes.map(areaOf)),
      edgesAt: new SpatialIndex(layout.edges.map((edge) => boundsOf(edge.points))),
      roles: new Map(layout.edges.map((edge) => [netOf(edge), edge.role])),
      labels: () => labels.all(),
      labelSteps: () => labels.steps(),
      members: (id) => this.members(id),
      layoutMs,
    };
  }

  members(id: string): string[] {
    const known = this.memberIds.get(id);
    if (known) return known;
    const { source } = this.drawn;
    const found = source.has(id) ? stripOf(source, id) : [];
    this.memberIds.set(id, found);
    return found;
  }
}

function stripOf(graph: GraphIndex, id: string): string[] {
  if (!graph.hasLayers(id)) return [];
  const layers = graph.descendants(id).filter((inner) => isLayer(graph, inner) && graph.hasParameters(inner));
  if (layers.length <= MAX_CELLS) return layers;
  return thin(graph.children(id).filter((inner) => graph.hasParameters(inner)), MAX_CELLS);
}

/** Whether a node is drawn as one box when all groups are open. */
function isLayer(graph: GraphIndex, id: string): boolean {
  const parent = graph.parent(id);
  const insideLayer = parent !== null && graph.has(parent) && graph.nodeOf(parent).atomic;
  const { kind } = graph.nodeOf(id);
  return !insideLayer && !graph.isOpenedByAll(id) && kind !== "backward" && kind !== "parameter";
}

function thin(ids: string[], count: number): string[] {
  if (ids.length <= count) return ids;
  return Array.from({ length: count }, (_, i) => ids[Math.floor((i * ids.length) / count)]!);
}

/** Lines that leave a closed fold begin at its front, under which its sheets are seen. */
function leaveFronts(layout: Layout, nodes: ReadonlyMap<string, LayoutNode>, folds: ReadonlyMap<string, DrawnFold>): void {
  if (folds.size === 0) return;
  for (const edge of layout.edges) {
    const fold = folds.get(edge.source);
    const [first, ...rest] = edge.points;
    if (!fold || !first || nodes.get(edge.source)?.header) continue;
    edge.points = [[first[0], first[1] - SHEET_STEP * fold.sheets], ...(rest[0]?.[0] === first[0] ? rest : [first, ...rest])];
  }
}

function boundsOf(points: readonly Point[]): Area {
  const area = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const [x, y] of points) {
    area.left = Math.min(area.left, x - LINE_CLEARANCE);
    area.top = Math.min(area.top, y - LINE_CLEARANCE);
    area.right = Math.max(area.right, x + LINE_CLEARANCE);
    area.bottom = Math.max(area.bottom, y + LINE_CLEARANCE);
  }
  return area;
}

/** Wider for larger tensors, on a logarithmic scale over the whole picture. */
function lineWidths(edges: LayoutEdge[]): number[] {
  const sizes = edges.map((edge) => Math.log(Math.max(1, ...edge.tensors.map((tensor) => tensor.size_bytes))));
  const low = sizes.reduce((least, size) => Math.min(least, size), Infinity);
  const high = sizes.reduce((most, size) => Math.max(most, size), -Infinity);
  const range = high - low;
  const share = (size: number): number => (range > 0 ? Math.round(((size - low) / range) * (WIDTHS - 1)) / (WIDTHS - 1) : 0.5);
  return sizes.map((size) => THINNEST + (THICKEST - THINNEST) * share(size));
}

/**
 * Shapes beside lines on free ground: where a node changes them beside the line that leaves it, and
 * then on every other line that has room.
 */
class Labels {
  private labels: ShapeLabel[] | null = null;
  private isComing = false;

  constructor(
    private readonly layout: Layout,
    private readonly index: GraphIndex,
    private readonly measure: Measure,
  ) {}

  /** All, or none as long as they are found out bit by bit. */
  all(): readonly ShapeLabel[] {
    if (!this.labels && !this.isComing) finish(this.steps());
    return this.labels ?? [];
  }

  *steps(): Generator<number, void> {
    this.isComing = true;
    const { layout, index } = this;
    const taken = new Map<string, Set<string>>();
    for (const edge of layout.edges) {
      let shapes = taken.get(edge.target);
      if (!shapes) taken.set(edge.target, (shapes = new Set()));
      for (const tensor of edge.tensors) shapes.add(shapeText(tensor.shape));
    }
    yield 0;
    const boxes = layout.nodes.filter((node) => node.box !== null).map(areaOf);
    const ground = new Ground([...boxes, ...layout.edges.flatMap((edge) => piecesOf(edge.points))]);
    const labels: ShapeLabel[] = [];
    const done = new Set<string>();
    const write = (edge: LayoutEdge, changed: boolean): void => {
      const text = shapeText(edge.tensors[0]!.shape);
      const key = `${edge.source} ${text}`;
      if (done.has(key) || index.nodeOf(edge.target).kind === "output") return;
      const width = this.measure(text, SHAPE_FONT);
      const at = ground.take(edge.points, width);
      if (!at) return;
      done.add(key);
      labels.push({ text, at, width, depth: index.depth(edge.source) - 1, net: netOf(edge), changed });
    };
    const changes = (edge: LayoutEdge): boolean =>
      taken.has(edge.source) && !taken.get(edge.source)!.has(shapeText(edge.tensors[0]!.shape));
    const written = layout.edges.filter((edge) => edge.tensors.length > 0);
    for (const wanted of [true, false]) {
      for (const [i, edge] of written.entries()) {
        if (i % 256 === 0) yield i / written.length;
        if (changes(edge) === wanted) write(edge, wanted);
      }
    }
    this.labels = labels;
  }
}

function piecesOf(points: readonly Point[]): Area[] {
  return points.slice(1).map(([x, y], i) => {
    const [fromX, fromY] = points[i]!;
    return { left: Math.min(x, fromX), top: Math.min(y, fromY), right: Math.max(x, fromX), bottom: Math.max(y, fromY) };
  });
}

/** Where there is room for words between boxes, lines, and the words that are there already. */
class Ground {
  private readonly taken: SpatialIndex;
  private readonly words = new Map<string, Area[]>();

  constructor(taken: Area[]) {
    this.taken = new SpatialIndex(taken);
  }

  /** A place beside the first piece of a line where a text covers no node, no line and no other text. */
  take(points: readonly Point[], width: number): Point | null {
    const [first, second] = [points[0]!, points[1]!];
    const length = second[1] - first[1];
    if (length < LABEL_HEIGHT - 1) return null;
    const y = first[1] + Math.min(length, 18) / 2;
    for (const x of [first[0] + LABEL_GAP, first[0] - LABEL_GAP - width]) {
      const area = { left: x, right: x + width, top: y - LABEL_HEIGHT / 2, bottom: y + LABEL_HEIGHT / 2 };
      if (this.taken.search(area).length > 0 || this.near(area).some((words) => overlap(words, area))) continue;
      for (const key of bucketsOf(area)) this.words.set(key, [...(this.words.get(key) ?? []), area]);
      return [x, y];
    }
    return null;
  }

  private near(area: Area): Area[] {
    return bucketsOf(area).flatMap((key) => this.words.get(key) ?? []);
  }
}

const BUCKET = 256;

function bucketsOf({ left, top, right, bottom }: Area): string[] {
  const keys: string[] = [];
  for (let x = Math.floor(left / BUCKET); x <= Math.floor(right / BUCKET); x++) {
    for (let y = Math.floor(top / BUCKET); y <= Math.floor(bottom / BUCKET); y++) keys.push(`${x} ${y}`);
  }
  return keys;
}

function overlap(a: Area, b: Area): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
