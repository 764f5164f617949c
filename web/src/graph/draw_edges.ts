import type { LayoutEdge } from "../layout/layout";
import type { Point } from "../layout/types";
import { netOf } from "../layout/flows";
import type { Font } from "../layout/label";
import { CLEAR_TEXT_SCALE, DETAIL_SCALE, DIMMED, fade, LABEL_SCALE, seenArea, TEXT_SCALE, type Frame } from "./frame";
import { SHAPE_FONT, type Scene } from "./scene";
import { traceArrowHead, traceLine, traceRoundedLine } from "./shapes";
import { cssFont, mixColours, tintAt } from "./theme";

const FORK_RADIUS = 2.6;
const PORT_RADIUS = 3.2;
/** Many lines that end as one are this wide there, up to the arrow, and counted. */
const TRUNK_WIDTH = 4;
const ARROW_ROOM = 7;
const COUNT_FONT: Font = { weight: 600, size: 10 };
const SAVED_DASH = [5, 4];
/** Lines from far away are this wide on the screen, and pieces shorter than this are left out. */
const FAR_WIDTH = 0.7;

type Wanted = (edge: LayoutEdge) => boolean;

const forks = new WeakMap<Scene, Set<string>>();

/** Lines with arrow heads and fork dots. Where a node is spoken of, only its lines keep full ink. */
export function drawEdges(ctx: CanvasRenderingContext2D, frame: Frame): void {
  const { scene, palette, hovered, highlight } = frame;
  const seen = scene.edgesAt.search(seenArea(frame)).map((i) => ({ edge: scene.layout.edges[i]!, width: scene.widths[i]! }));
  const isMine: Wanted = (edge) => edge.source === hovered || edge.target === hovered;
  const singled = hovered !== null && seen.some(({ edge }) => isMine(edge));
  if (!singled && !highlight) return drawSome(ctx, frame, seen, (colour) => colour);
  const full: Wanted = (edge) => (highlight ? highlight.edges.has(edge) || (singled && isMine(edge)) : isMine(edge));
  const dimmed = (colour: string): string => mixColours(colour, palette.canvas, DIMMED);
  drawSome(ctx, frame, seen.filter(({ edge }) => !full(edge)), dimmed);
  drawSome(ctx, frame, seen.filter(({ edge }) => full(edge)), (colour) => colour);
}

interface SeenEdge {
  edge: LayoutEdge;
  width: number;
}

/** Lines that look alike are drawn in one go. */
function drawSome(ctx: CanvasRenderingContext2D, frame: Frame, seen: readonly SeenEdge[], shade: (colour: string) => string): void {
  if (seen.length === 0) return;
  const { scene, camera, palette } = frame;
  const [plain, ofGradient] = [shade(palette.edge), shade(palette.gradient)];
  if (camera.scale < DETAIL_SCALE) return drawFar(ctx, frame, seen, plain, ofGradient);
  const forksAt = forksOf(scene);
  const isFork = (edge: LayoutEdge) => (at: Point) => forksAt.has(forkKey(netOf(edge), at));
  for (const [style, alike] of byStyle(seen)) {
    ctx.beginPath();
    for (const { edge } of alike) traceRoundedLine(ctx, edge.points, isFork(edge));
    ctx.strokeStyle = style.role === "forward" ? plain : ofGradient;
    ctx.lineWidth = style.role === "saved" ? 1 : style.width;
    ctx.setLineDash(style.role === "saved" ? SAVED_DASH : []);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.beginPath();
    for (const { edge } of alike) traceArrowHead(ctx, edge.points);
    // heads of gradients are hollow, so that they are told from tensors without their colour
    ctx.fillStyle = style.role === "gradient" ? palette.panel : ctx.strokeStyle;
    ctx.fill();
    if (style.role !== "gradient") continue;
    ctx.lineWidth = 1.2;
    ctx.stroke();
  }
  drawForks(ctx, frame, new Set(seen.map(({ edge }) => netOf(edge))), plain, ofGradient);
}

function drawForks(ctx: CanvasRenderingContext2D, frame: Frame, nets: ReadonlySet<string>, plain: string, ofGradient: string): void {
  const { scene } = frame;
  const area = seenArea(frame);
  for (const forward of [true, false]) {
    ctx.fillStyle = forward ? plain : ofGradient;
    ctx.beginPath();
    for (const { net, at } of scene.layout.forks) {
      if (at[0] < area.left || at[0] > area.right || at[1] < area.top || at[1] > area.bottom) continue;
      if (nets.has(net) && (scene.roles.get(net) === "forward") === forward) traceDisc(ctx, at, FORK_RADIUS);
    }
    ctx.fill();
  }
}

/** Where many lines end as one: thicker, with their number beside it. */
export function drawTrunks(ctx: CanvasRenderingContext2D, frame: Frame): void {
  const { scene, palette, camera, highlight } = frame;
  if (camera.scale < DETAIL_SCALE || scene.trunks.length === 0) return;
  const area = seenArea(frame);
  const ink = ctx.globalAlpha;
  for (const { from, to, role, count } of scene.trunks) {
    if (to[0] < area.left || to[0] > area.right || to[1] < area.top || to[1] > area.bottom) continue;
    ctx.globalAlpha = ink * (highlight ? DIMMED : 1);
    ctx.strokeStyle = role === "forward" ? palette.edge : palette.gradient;
    ctx.lineWidth = TRUNK_WIDTH;
    ctx.beginPath();
    ctx.moveTo(from[0], from[1]);
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    const share = Math.max(0, 1 - ARROW_ROOM / Math.max(1, length));
    ctx.lineTo(from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share);
    ctx.stroke();
    ctx.globalAlpha *= fade(camera.scale, TEXT_SCALE, CLEAR_TEXT_SCALE);
    ctx.font = cssFont(COUNT_FONT, palette.family);
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    ctx.lineJoin = "round";
    ctx.lineWidth = 3;
    ctx.strokeStyle = palette.canvas;
    const isAcross = Math.abs(to[1] - from[1]) < 1;
    const [x, y] = isAcross ? [Math.min(from[0], to[0]) + 4, to[1] - 8] : [to[0] + 6, to[1] - ARROW_ROOM - 2];
    ctx.strokeText(`×${count}`, x, y);
    ctx.fillStyle = role === "forward" ? palette.text2 : palette.gradient;
    ctx.fillText(`×${count}`, x, y);
  }
  ctx.globalAlpha = ink;
}

/** From far away: straight thin lines without heads. */
function drawFar(ctx: CanvasRenderingContext2D, frame: Frame, seen: readonly SeenEdge[], plain: string, ofGradient: string): void {
  const { scale } = frame.camera;
  ctx.lineWidth = FAR_WIDTH / scale;
  const ink = ctx.globalAlpha;
  ctx.globalAlpha = ink * (0.35 + 0.65 * fade(scale, 0.04, DETAIL_SCALE));
  for (const forward of [true, false]) {
    ctx.strokeStyle = forward ? plain : ofGradient;
    ctx.beginPath();
    let some = false;
    for (const { edge } of seen) {
      if ((edge.role === "forward") !== forward) continue;
      traceLine(ctx, edge.points, 1 / scale);
      some = true;
    }
    if (some) ctx.stroke();
  }
  ctx.globalAlpha = ink;
}

/** Rings where tensors cross borders. */
export function drawPorts(ctx: CanvasRenderingContext2D, frame: Frame): void {
  const { scene, palette, camera, highlight } = frame;
  if (camera.scale < DETAIL_SCALE) return;
  const area = seenArea(frame);
  ctx.fillStyle = palette.panel;
  ctx.lineWidth = 1.5;
  for (const isFull of highlight ? [false, true] : [true]) {
    ctx.beginPath();
    for (const { at, net } of scene.layout.ports) {
      if (at[0] < area.left || at[0] > area.right || at[1] < area.top || at[1] > area.bottom) continue;
      if (!highlight || highlight.nets.has(net) === isFull) traceDisc(ctx, at, PORT_RADIUS);
    }
    ctx.strokeStyle = isFull ? palette.edge : mixColours(palette.edge, palette.canvas, DIMMED);
    ctx.fill();
    ctx.stroke();
  }
}

/** Shapes beside lines, with a halo in the tint beneath. */
export function drawShapeLabels(ctx: CanvasRenderingContext2D, frame: Frame): void {
  const { scene, palette, camera, highlight } = frame;
  const area = seenArea(frame);
  const { changed, every, fade: over } = LABEL_SCALE;
  const ink = ctx.globalAlpha;
  ctx.font = cssFont(SHAPE_FONT, palette.family);
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  ctx.lineJoin = "round";
  ctx.lineWidth = 3;
  for (const label of scene.labels()) {
    const [x, y] = label.at;
    if (x > area.right || x + label.width < area.left || y < area.top || y > area.bottom) continue;
    const from = label.changed ? changed : every;
    const faint = highlight && !highlight.nets.has(label.net) ? DIMMED : 1;
    ctx.globalAlpha = ink * faint * fade(camera.scale, from - over, from);
    if (ctx.globalAlpha === 0) continue;
    ctx.strokeStyle = tintAt(palette, label.depth);
    ctx.strokeText(label.text, x, y + 0.5);
    ctx.fillStyle = palette.text3;
    ctx.fillText(label.text, x, y + 0.5);
  }
  ctx.globalAlpha = ink;
}

function traceDisc(ctx: CanvasRenderingContext2D, [x, y]: Point, radius: number): void {
  ctx.moveTo(x + radius, y);
  ctx.arc(x, y, radius, 0, Math.PI * 2);
}

function byStyle(seen: readonly SeenEdge[]): Map<{ role: LayoutEdge["role"]; width: number }, SeenEdge[]> {
  const styles = new Map<string, { style: { role: LayoutEdge["role"]; width: number }; alike: SeenEdge[] }>();
  for (const one of seen) {
    const key = `${one.edge.role} ${one.width}`;
    const known = styles.get(key);
    if (known) known.alike.push(one);
    else styles.set(key, { style: { role: one.edge.role, width: one.width }, alike: [one] });
  }
  return new Map([...styles.values()].map(({ style, alike }) => [style, alike]));
}

function forkKey(net: string, [x, y]: Point): string {
  return `${Math.round(x)} ${Math.round(y)} ${net}`;
}

function forksOf(scene: Scene): Set<string> {
  const known = forks.get(scene) ?? new Set(scene.layout.forks.map(({ net, at }) => forkKey(net, at)));
  forks.set(scene, known);
  return known;
}
