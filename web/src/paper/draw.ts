import { SceneBuilder, type Scene } from "../graph/scene";
import { elideMiddle, labelNode, shapeText, type Font } from "../layout/label";
import type { Document } from "../generated/document";
import { count, si } from "../model/format";
import { DrawnGraph } from "../model/drawn";
import { foldsOf } from "../model/fold";
import { ROOT } from "../model/graph";
import { RunIndex } from "../model/run";
import { colouringOf, overlayOf } from "./colouring";
import type { AnyMark, DrawnNode, Drawing, Options } from "./drawing";
import { drawEdges, drawPorts, drawShapeLabels } from "./edges";
import { drawLegend, LEGEND_WIDTH } from "./legend";
import { visible } from "../model/names";
import { measureText } from "./letters";
import { drawBox, drawGroup, drawGroupHeader, type NodeContext } from "./nodes";
import { openGroups, type Opened } from "./opened";
import { Painter } from "./paint";
import { paletteOf } from "./palette";
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
  const folds = options.fold ? foldsOf(run.rows("folds"), run.graph) : [];
  const drawn = new DrawnGraph(run.graph, { folds, chosen: new Map(), hideTrivial: false });
  const opened = openGroups(drawn, options.depth, options.expand);
  const colouring = options.overlay ? overlayOf(options.overlay) : colouringOf(run, options.color);
  const coloured = [...run.graph.nodes.keys()].filter((id) => id !== ROOT);
  const painter = new Painter(drawn, colouring, options.theme, options.scale, coloured);
  const parameterCount = (id: string): number => drawn.nodesOf(id).reduce((sum, node) => sum + run.parameterCount(node), 0);
  const direction = options.direction === "LR" ? "LR" : "TD";
  const builder = new SceneBuilder(drawn, measureText, parameterCount, { direction });
  const scene = builder.build(opened.groups);
  const failed = run.graph.graph.capture.failed_node;
  const context: NodeContext = {
    scene,
    painter,
    layers: (id) => builder.members(id),
    parameterCount,
    failed: failed !== null && run.graph.has(failed) ? drawn.index.shown(drawn.drawn(failed), opened.groups) : null,
  };
  const sheet = new Sheet(paletteOf(options.theme));
  drawScene(sheet, context);
  return laidOut({ run, options, drawn, opened, painter, scene, sheet });
}

function drawScene(sheet: Sheet, context: NodeContext): void {
  const { scene } = context;
  const { nodes } = scene.layout;
  const groups = nodes.filter((node) => node.header !== null);
  for (const node of groups) drawGroup(sheet, node, context);
  for (const node of nodes) if (node.box && scene.folds.has(node.id)) drawBox(sheet, node, context); // lines run over its sheets
  drawEdges(sheet, scene);
  drawPorts(sheet, scene);
  drawShapeLabels(sheet, scene);
  for (const node of groups) drawGroupHeader(sheet, node, context);
  for (const node of nodes) if (node.box && !scene.folds.has(node.id)) drawBox(sheet, node, context);
}

interface Parts {
  run: RunIndex;
  options: Options;
  drawn: DrawnGraph;
  opened: Opened;
  painter: Painter;
  scene: Scene;
  sheet: Sheet;
}

/** Puts title, graph and legend on one page, with margins. */
function laidOut(parts: Parts): Drawing {
  const { run, options, opened, painter, scene, sheet } = parts;
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
    bottom += drawLegend(frame, painter, options.theme, MARGIN, bottom, layout.nodes.some((node) => scene.folds.has(node.id)));
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
    marks: [...frame.marks, ...moved],
    nodes: drawnNodes(parts, dx, dy),
    edges: layout.edges.map((edge) => ({
      source: edge.source,
      target: edge.target,
      shapes: edge.tensors.map((tensor) => shapeText(tensor.shape)),
    })),
  };
}

function drawnNodes(parts: Parts, dx: number, dy: number): DrawnNode[] {
  const { scene, drawn, painter } = parts;
  const byId = new Map(scene.layout.nodes.map((node) => [node.id, node]));
  return drawn.index.visible(new Set(scene.layout.nodes.filter((node) => node.header).map((node) => node.id))).map((id) => {
    const node = byId.get(id)!;
    const label = labelNode(drawn.index, id);
    const { value, state } = painter.paint(id);
    return {
      id,
      title: visible(label.title).trim().replace(/\s+/g, " "),
      detail: visible(label.detail).trim(),
      x: node.x + dx,
      y: node.y + dy,
      width: node.width,
      height: node.height,
      depth: node.depth,
      open: node.header !== null,
      count: scene.folds.get(id)?.fold.members.length ?? 1,
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
