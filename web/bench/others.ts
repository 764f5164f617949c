// Layouts of other programs, with true edges between nodes and groups around them.
import dagre from "@dagrejs/dagre";
import ELK, { type ElkExtendedEdge, type ElkNode } from "elkjs/lib/elk.bundled.js";
import { netOf } from "../src/layout/flows";
import type { Layout } from "../src/layout/layout";
import type { Drawing, DrawnBox, DrawnLine } from "../src/layout/testing/quality";
import type { Point } from "../src/layout/types";
import { ROOT, type GraphIndex } from "../src/model/graph";

const HEAD = 26;
const INSET = 16;

/** ELK's layered layout of the groups and all that is in them at once, with lines at right angles. */
export async function layoutWithElk(index: GraphIndex, own: Layout): Promise<{ ms: number; drawing: Drawing }> {
  const nodes = new Map<string, ElkNode>([[ROOT, { id: ROOT, children: [] }]]);
  for (const { id, box } of own.nodes) {
    const size = box ? { width: box.width, height: box.height } : { layoutOptions: insetOptions() };
    const node: ElkNode = { id, children: [], ...size };
    nodes.set(id, node);
    nodes.get(index.parent(id)!)!.children!.push(node);
  }
  const root = nodes.get(ROOT)!;
  root.layoutOptions = {
    "elk.algorithm": "layered",
    "elk.direction": "DOWN",
    "elk.hierarchyHandling": "INCLUDE_CHILDREN",
    "elk.edgeRouting": "ORTHOGONAL",
    "elk.json.edgeCoords": "ROOT",
    "elk.json.shapeCoords": "ROOT",
  };
  root.edges = own.edges.map((edge, i) => ({ id: `edge ${i}`, sources: [edge.source], targets: [edge.target] }));
  const elk = new ELK();
  await elk.layout({ id: "warm", layoutOptions: { "elk.algorithm": "layered" }, children: [{ id: "a", width: 9, height: 9 }] });
  const began = performance.now();
  const placed = await elk.layout(root);
  const ms = performance.now() - began;

  const boxes: DrawnBox[] = [];
  const lines: DrawnLine[] = [];
  const waiting = [placed];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    waiting.push(...(node.children ?? []));
    lines.push(...(node.edges ?? []).map((edge) => lineOf(edge, own)));
    if (node.id === ROOT) continue;
    const { id, x = 0, y = 0, width = 0, height = 0 } = node;
    boxes.push({ id, x, y, width, height, isGroup: (node.children ?? []).length > 0 });
  }
  const { width = 0, height = 0 } = placed;
  return { ms, drawing: { boxes, lines, width, height, around: (id) => index.ancestors(id) } };
}

function insetOptions(): Record<string, string> {
  return { "elk.padding": `[top=${HEAD},left=${INSET},bottom=${INSET},right=${INSET}]` };
}

function lineOf(placed: ElkExtendedEdge, own: Layout): DrawnLine {
  const edge = own.edges[Number(placed.id.slice("edge ".length))]!;
  const points = (placed.sections ?? []).flatMap(({ startPoint, bendPoints, endPoint }) =>
    [startPoint, ...(bendPoints ?? []), endPoint].map(({ x, y }): Point => [x, y]),
  );
  return { source: edge.source, target: edge.target, net: netOf(edge), points };
}

/** Dagre's layout of the groups and all that is in them at once; its lines are not at right angles. */
export function layoutWithDagre(index: GraphIndex, own: Layout): { ms: number; drawing: Drawing } {
  const graph = new dagre.graphlib.Graph({ compound: true, multigraph: false });
  graph.setGraph({ rankdir: "TB", nodesep: 22, ranksep: 28, edgesep: 10 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, box } of own.nodes) {
    graph.setNode(id, box ? { width: box.width, height: box.height } : {});
    if (index.parent(id) !== ROOT) graph.setParent(id, index.parent(id)!);
  }
  for (const { source, target } of own.edges) graph.setEdge(source, target);
  const began = performance.now();
  dagre.layout(graph);
  const ms = performance.now() - began;

  const boxes = own.nodes.map(({ id, box }): DrawnBox => {
    const { x, y, width, height } = graph.node(id);
    return { id, x: x - width / 2, y: y - height / 2, width, height, isGroup: box === null };
  });
  const lines = own.edges.map((edge): DrawnLine => {
    const points = graph.edge(edge.source, edge.target).points.map((at: { x: number; y: number }): Point => [at.x, at.y]);
    return { source: edge.source, target: edge.target, net: netOf(edge), points };
  });
  const { width = 0, height = 0 } = graph.graph();
  return { ms, drawing: { boxes, lines, width, height, around: (id) => index.ancestors(id) } };
}
