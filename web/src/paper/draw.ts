import { SceneBuilder, type Scene } from "../graph/scene";
import { elideMiddle, labelNode, shapeText, type Font } from "../layout/label";
import type { Document } from "../generated/document";
import { count, si } from "../model/format";
import { DrawnGraph } from "../model/drawn";
import { ROOT } from "../model/graph";
import { RunIndex } from "../model/run";
import { colouringOf, overlayOf } from "./colouring";
import type { AnyMark, DrawnNode, Drawing, Options } from "./drawing";
import { drawEdges, drawPorts, drawShapeLabels } from "./edges";
import { foldGraph, unfolded, type Folded, type FoldRow } from "./fold";
import { drawLegend, LEGEND_WIDTH } from "./legend";
import { visible } from "../model/names";
import { measureText } from "./letters";
import { drawBox, drawGroup, drawGroupHeader, MEMBER_ROOM, type NodeContext } from "./nodes";
import { openGroups, type Opened } from "./opened";
import { Painter } from "./paint";
import { paletteOf } from "./palette";
import { HEADER_HEIGHT } from "../layout/size";
import { Sheet } from "./sheet";

const MARGIN = 24;
const TITLE: Font = { weight: 600, size: 14 };
const SECOND: Font = { weight: 400, size: 11 };
const LINE = 15;
const LEGEND_GAP = 28;
/** Title and notes may be this wide, even over a narrow graph. */
const LEAST_WIDTH = 360;

/** Draws a run's graph. @throws Error in words for the user, when it cannot be drawn as asked. */
export function draw(document: Document, options: Options): Drawing {
  const run = new RunIndex(document);
  const rows = run.rows("folds") as unknown as FoldRow[];
  const folded = options.fold ? foldGraph(run.graph.graph, rows) : unfolded(run.graph.graph);
  const opened = openGroups(folded, options.depth, options.expand);
  const colouring = options.overlay ? overlayOf(options.overlay) : colouringOf(run, options.color);
  const coloured = [...run.graph.nodes.keys()].filter((id) => id !== ROOT);
  const painter = new Painter(folded, colouring, options.theme, options.scale, coloured);
  const first = (id: string): string => folded.standsFor.get(id)?.[0] ?? id;
  const parameterCount = (id: string): number => run.parameterCount(first(id));
  const counts = (id: string): number => folded.counts.get(id) ?? 1;
  const headerHeight = (id: string): number => HEADER_HEIGHT + (counts(id) > 1 && colouring && !folded.made.has(id) ? MEMBER_ROOM : 0);
  const direction = options.direction === "LR" ? "LR" : "TD";
  const builder = new SceneBuilder(new DrawnGraph(folded.index), measureText, parameterCount, { headerHeight, direction });
  const scene = builder.build(opened.groups);
  const failed = run.graph.graph.capture.failed_node;
  const context: NodeContext = {
    paint: (id) => painter.paint(id),
    cells: (id) => cellsOf(id, folded, builder, painter),
    count: counts,
    parameterCount,
    failed: failed !== null && run.graph.has(failed) ? folded.index.shown(folded.shown(failed), opened.groups) : null,
  };
  const sheet = new Sheet(paletteOf(options.theme));
  drawScene(sheet, scene, context);
  return laidOut({ run, options, folded, opened, painter, scene, sheet, context });
}

/** What the strip of a group shows: the members of a folded one, or the layers inside. */
function cellsOf(id: string, folded: Folded, builder: SceneBuilder, painter: Painter): ReturnType<Painter["cells"]> {
  const children = folded.index.children(id);
  const repeated = folded.counts.has(id) ? id : children.length === 1 && folded.counts.has(children[0]!) ? children[0]! : null;
  if (repeated !== null && !folded.made.has(repeated)) return painter.cells(repeated);
  return builder.members(id).map((member) => painter.paint(member));
}

function drawScene(sheet: Sheet, scene: Scene, context: NodeContext): void {
  const { nodes } = scene.layout;
  const groups = nodes.filter((node) => node.header !== null);
  for (const node of groups) drawGroup(sheet, node, context);
  for (const node of nodes) if (node.box && context.count(node.id) > 1) drawBox(sheet, node, context); // lines run over its sheets
  drawEdges(sheet, scene);
  drawPorts(sheet, scene);
  drawShapeLabels(sheet, scene);
  for (const node of groups) drawGroupHeader(sheet, node, context);
  for (const node of nodes) if (node.box && context.count(node.id) === 1) drawBox(sheet, node, context);
}

interface Parts {
  run: RunIndex;
  options: Options;
  folded: Folded;
  opened: Opened;
  painter: Painter;
  scene: Scene;
  sheet: Sheet;
  context: NodeContext;
}

/** Puts title, graph and legend on one page, with margins. */
function laidOut(parts: Parts): Drawing {
  const { run, options, opened, painter, scene, sheet, folded } = parts;
  const { layout } = scene;
  const title = visible(options.title ?? run.run.name);
  const notes = notesOf(parts);
  const inner = Math.max(layout.width, options.frame ? Math.max(LEAST_WIDTH, painter.colouring ? LEGEND_WIDTH : 0) : 0);
  const frame = new Sheet(sheet.palette);
  let top = MARGIN;
  if (options.frame) {
    frame.write(elideMiddle(title, inner, TITLE, measureText), { x: MARGIN, y: top + 8, font: TITLE, colour: sheet.palette.text });
    top += 26;
    for (const line of notes.flatMap((note) => wrapped(note, inner))) {
      frame.write(line, { x: MARGIN, y: top, font: SECOND, colour: sheet.palette.text2 });
      top += LINE;
    }
    top += 14;
  }
  const [dx, dy] = [MARGIN + (inner - layout.width) / 2, top];
  let bottom = top + layout.height;
  if (options.frame && painter.colouring) {
    bottom += LEGEND_GAP;
    bottom += drawLegend(frame, painter, options.theme, MARGIN, bottom, layout.nodes.some((node) => (folded.counts.get(node.id) ?? 1) > 1));
  }
  const moved = sheet.marks.map((mark) => shifted(mark, dx, dy));
  return {
    width: Math.ceil(inner + 2 * MARGIN),
    height: Math.ceil(bottom + MARGIN),
    background: sheet.palette.canvas,
    title,
    notes,
    depth: opened.depth,
    legend: painter.colouring ? [painter.colouring.label, painter.colouring.note].filter(Boolean).join(", ") : null,
    marks: [...frame.marks, ...moved].map((mark) => ({ ...mark, node: mark.node === null ? null : firstOf(parts, mark.node) })),
    nodes: drawnNodes(parts, dx, dy),
    edges: layout.edges.map((edge) => ({
      source: firstOf(parts, edge.source),
      target: firstOf(parts, edge.target),
      shapes: edge.tensors.map((tensor) => shapeText(tensor.shape)),
    })),
  };
}

/** The id in the run's own graph of what is drawn. */
function firstOf({ folded }: Parts, id: string): string {
  return folded.standsFor.get(id)?.[0] ?? id;
}

function drawnNodes(parts: Parts, dx: number, dy: number): DrawnNode[] {
  const { scene, folded, context } = parts;
  const byId = new Map(scene.layout.nodes.map((node) => [node.id, node]));
  return folded.index.visible(new Set(scene.layout.nodes.filter((node) => node.header).map((node) => node.id))).map((id) => {
    const node = byId.get(id)!;
    const label = labelNode(folded.index, id);
    const { value, state } = context.paint(id);
    return {
      id: firstOf(parts, id),
      title: visible(label.title).trim().replace(/\s+/g, " "),
      detail: visible(label.detail).trim(),
      x: node.x + dx,
      y: node.y + dy,
      width: node.width,
      height: node.height,
      depth: node.depth,
      open: node.header !== null,
      count: context.count(id),
      value,
      state,
    };
  });
}

function notesOf({ run, opened, scene }: Parts): string[] {
  const { graph } = run;
  const facts = [
    run.run.model?.type ?? "",
    run.parameterCount(ROOT) > 0 ? `${si(run.parameterCount(ROOT))} parameters` : "",
    `${count(graph.operations().length)} operations`,
  ];
  const boxes = scene.layout.nodes.filter((node) => node.box).length;
  const isWhole = opened.depth >= opened.deepest;
  const closed = `opened to depth ${opened.depth} of ${opened.deepest}: ${count(boxes)} of ${count(graph.nodes.size - 1)} nodes shown`;
  const { capture } = graph.graph;
  return [
    facts.filter(Boolean).join(" · "),
    isWhole ? "" : closed.charAt(0).toUpperCase() + closed.slice(1),
    capture.status === "partial" ? `Partial graph. ${[capture.error, ...capture.unlinked].filter(Boolean).join("; ")}` : "",
  ].map(visible).filter(Boolean);
}

/** Breaks a sentence into lines; at most four, and a word that is too long is cut. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line ? `${line} ${word}` : word;
    if (measureText(longer, SECOND) <= width) {
      line = longer;
      continue;
    }
    if (line) lines.push(line);
    line = elideMiddle(word, width, SECOND, measureText);
  }
  lines.push(line);
  return lines.length <= 4 ? lines : [...lines.slice(0, 3), elideMiddle(lines.slice(3).join(" "), width, SECOND, measureText)];
}

function shifted(mark: AnyMark, dx: number, dy: number): AnyMark {
  if (mark.kind !== "path") return { ...mark, x: mark.x + dx, y: mark.y + dy };
  const segments = mark.segments.map((segment) => segment.map((part, i) => (typeof part === "number" ? part + (i % 2 === 1 ? dx : dy) : part)) as typeof segment);
  return { ...mark, segments };
}
