import { tintAt } from "../graph/theme";
import { SHAPE_FONT, type Scene } from "../graph/scene";
import { netOf } from "../layout/flows";
import type { Point } from "../layout/types";
import { arrowHead, disc, roundedLine } from "./shapes";
import type { Sheet } from "./sheet";

const FORK_RADIUS = 2.6;
const PORT_RADIUS = 3.2;
const SAVED_DASH = [5, 4];

/** Lines with arrow heads and fork dots; wider for larger tensors. */
export function drawEdges(sheet: Sheet, scene: Scene): void {
  const { palette } = sheet;
  const key = (net: string, [x, y]: Point): string => `${Math.round(x)} ${Math.round(y)} ${net}`;
  const forks = new Set(scene.layout.forks.map(({ net, at }) => key(net, at)));
  const colourOf = (role: string): string => (role === "forward" ? palette.edge : palette.gradient);
  scene.layout.edges.forEach((edge, i) => {
    const colour = colourOf(edge.role);
    const saved = edge.role === "saved";
    sheet.begin("edge", edge.source);
    const line = roundedLine(edge.points, (at) => forks.has(key(netOf(edge), at)));
    sheet.path(line, { stroke: colour, line_width: saved ? 1 : scene.widths[i]!, dash: saved ? SAVED_DASH : [] });
    const hollow = edge.role === "gradient";
    sheet.path(arrowHead(edge.points), hollow ? { fill: palette.panel, stroke: colour, line_width: 1.2 } : { fill: colour });
  });
  const roles = new Map(scene.layout.edges.map((edge) => [netOf(edge), edge.role]));
  sheet.begin("edge");
  for (const { net, at } of scene.layout.forks) sheet.path(disc(at, FORK_RADIUS), { fill: colourOf(roles.get(net) ?? "forward") });
}

/** Rings where tensors cross borders. */
export function drawPorts(sheet: Sheet, scene: Scene): void {
  const { palette } = sheet;
  for (const { at, group } of scene.layout.ports) {
    sheet.begin("port", group);
    sheet.path(disc(at, PORT_RADIUS), { fill: palette.panel, stroke: palette.edge, line_width: 1.5 });
  }
}

/** Shapes beside lines, with a halo in the tint beneath. */
export function drawShapeLabels(sheet: Sheet, scene: Scene): void {
  const { palette } = sheet;
  sheet.begin("label");
  for (const { text, at, depth } of scene.labels().filter((label) => label.changed)) {
    sheet.write(text, { x: at[0], y: at[1], font: SHAPE_FONT, colour: palette.text3, halo: tintAt(palette, depth) });
  }
}
