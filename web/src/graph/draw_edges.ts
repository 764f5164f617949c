import type { LayoutEdge } from "../layout/layout";
import type { Point } from "../layout/types";
import { netOf } from "../layout/flows";
import { DETAIL_SCALE, seenArea, type Frame } from "./frame";
import { SHAPE_FONT, type Scene } from "./scene";
import { arrowHead, roundedLine } from "./shapes";
import { cssFont, mixColours, tintAt } from "./theme";

const FORK_RADIUS = 2.6;
const PORT_RADIUS = 3.2;
const DIMMED = 0.35;
const SAVED_DASH = [5, 4];

interface EdgePath {
  line: Path2D;
  head: Path2D;
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const paths = new WeakMap<Scene, EdgePath[]>();

/** Lines with arrow heads and fork dots. With a node under the pointer, only its lines keep full ink. */
export function drawEdges(ctx: CanvasRenderingContext2D, frame: Frame): void {
  const { scene, palette, hovered } = frame;
  const isMine = (edge: LayoutEdge): boolean => edge.source === hovered || edge.target === hovered;
  const singled = hovered !== null && scene.layout.edges.some(isMine);
  if (!singled) return drawSome(ctx, frame, (colour) => colour, () => true, () => true);
  const dimmed = (colour: string): string => mixColours(colour, palette.canvas, DIMMED);
  const nets = new Set(scene.layout.edges.filter((edge) => edge.source === hovered).map(netOf));
  drawSome(ctx, frame, dimmed, (edge) => !isMine(edge), (net) => !nets.has(net));
  drawSome(ctx, frame, (colour) => colour, isMine, (net) => nets.has(net));
}

function drawSome(
  ctx: CanvasRenderingContext2D,
  frame: Frame,
  shade: (colour: string) => string,
  edgeWanted: (edge: LayoutEdge) => boolean,
  forkWanted: (net: string) => boolean,
): void {
  const { scene, camera } = frame;
  const area = seenArea(frame);
  const drawn = pathsOf(scene);
  const [plain, ofGradient] = [shade(frame.palette.edge), shade(frame.palette.gradient)];
  scene.layout.edges.forEach((edge, i) => {
    const path = drawn[i]!;
    if (path.left > area.right || path.right < area.left || path.top > area.bottom || path.bottom < area.top) return;
    if (!edgeWanted(edge)) return;
    ctx.strokeStyle = ctx.fillStyle = edge.role === "forward" ? plain : ofGradient;
    ctx.lineWidth = edge.role === "saved" ? 1 : scene.widths[i]!;
    ctx.setLineDash(edge.role === "saved" ? SAVED_DASH : []);
    ctx.stroke(path.line);
    ctx.setLineDash([]);
    if (camera.scale < DETAIL_SCALE) return;
    if (edge.role === "gradient") drawHollow(ctx, path.head, frame.palette.panel);
    else ctx.fill(path.head);
  });
  if (camera.scale < DETAIL_SCALE) return;
  const roles = new Map(scene.layout.edges.map((edge) => [netOf(edge), edge.role]));
  for (const fork of scene.layout.forks) {
    if (!forkWanted(fork.net)) continue;
    ctx.fillStyle = roles.get(fork.net) === "forward" ? plain : ofGradient;
    disc(ctx, fork.at, FORK_RADIUS);
  }
}

/** Rings where tensors cross borders. */
export function drawPorts(ctx: CanvasRenderingContext2D, frame: Frame): void {
  const { scene, palette, camera } = frame;
  if (camera.scale < DETAIL_SCALE) return;
  const area = seenArea(frame);
  ctx.strokeStyle = palette.edge;
  ctx.fillStyle = palette.panel;
  ctx.lineWidth = 1.5;
  for (const { at } of scene.layout.ports) {
    if (at[0] < area.left || at[0] > area.right || at[1] < area.top || at[1] > area.bottom) continue;
    disc(ctx, at, PORT_RADIUS);
    ctx.stroke();
  }
}

/** Shapes beside lines, with a halo in the tint beneath. */
export function drawShapeLabels(ctx: CanvasRenderingContext2D, frame: Frame): void {
  const { scene, palette } = frame;
  const area = seenArea(frame);
  ctx.font = cssFont(SHAPE_FONT, palette.family);
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  ctx.lineJoin = "round";
  ctx.lineWidth = 3;
  for (const label of scene.labels) {
    const [x, y] = label.at;
    if (x > area.right || x + label.width < area.left || y < area.top || y > area.bottom) continue;
    ctx.strokeStyle = tintAt(palette, label.depth);
    ctx.strokeText(label.text, x, y + 0.5);
    ctx.fillStyle = palette.text3;
    ctx.fillText(label.text, x, y + 0.5);
  }
}

/** Heads of gradients are hollow, so that they are told from tensors without their colour. */
function drawHollow(ctx: CanvasRenderingContext2D, head: Path2D, ground: string): void {
  ctx.fillStyle = ground;
  ctx.lineWidth = 1.2;
  ctx.fill(head);
  ctx.stroke(head);
}

function disc(ctx: CanvasRenderingContext2D, [x, y]: Point, radius: number): void {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, Math.PI * 2);
  ctx.fill();
}

/** Paths are made once for each scene: panning only strokes them again. */
function pathsOf(scene: Scene): EdgePath[] {
  const known = paths.get(scene);
  if (known) return known;
  const forkKey = (net: string, [x, y]: Point): string => `${Math.round(x)} ${Math.round(y)} ${net}`;
  const forks = new Set(scene.layout.forks.map(({ net, at }) => forkKey(net, at)));
  const made = scene.layout.edges.map((edge) => {
    const { points } = edge;
    const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
    return {
      line: roundedLine(points, (at) => forks.has(forkKey(netOf(edge), at))),
      head: arrowHead(points),
      left: Math.min(...xs) - 5,
      top: Math.min(...ys) - 5,
      right: Math.max(...xs) + 5,
      bottom: Math.max(...ys) + 5,
    };
  });
  paths.set(scene, made);
  return made;
}
