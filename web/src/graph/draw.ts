import type { LayoutNode } from "../layout/layout";
import { drawEdges, drawPorts, drawShapeLabels } from "./draw_edges";
import { drawBox, drawGroup, drawGroupHeader, drawMark } from "./draw_nodes";
import { LABEL_SCALE, placeNow, seenArea, type Frame } from "./frame";
import { roundedBox } from "./shapes";
import { tintAt } from "./theme";

const DOT_GAP = 20;
const LEAST_DOT_GAP = 14;

/** Draws the whole picture, leaving out what is outside the view. */
export function drawFrame(ctx: CanvasRenderingContext2D, frame: Frame): void {
  const { camera, pixelRatio, view } = frame;
  ctx.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  ctx.clearRect(0, 0, view.width, view.height);
  drawDots(ctx, frame);
  const scale = camera.scale * pixelRatio;
  ctx.setTransform(scale, 0, 0, scale, -camera.x * scale, -camera.y * scale);
  const seen = seenNodes(frame);
  const groups = seen.filter((node) => node.header !== null);
  for (const group of groups) fadeIn(ctx, frame, group, () => drawGroup(ctx, frame, group));
  ctx.globalAlpha = frame.from ? Math.max(0, frame.progress * 2 - 1) : 1;
  drawEdges(ctx, frame);
  drawPorts(ctx, frame);
  if (camera.scale >= LABEL_SCALE) drawShapeLabels(ctx, frame);
  ctx.globalAlpha = 1;
  for (const group of groups) fadeIn(ctx, frame, group, () => drawGroupHeader(ctx, frame, group));
  for (const node of seen) if (node.box) fadeIn(ctx, frame, node, () => drawBox(ctx, frame, node));
  drawSelection(ctx, frame);
  for (const node of seen) fadeIn(ctx, frame, node, () => drawMark(ctx, frame, node));
}

function seenNodes(frame: Frame): LayoutNode[] {
  const { left, top, right, bottom } = seenArea(frame);
  const nodes: LayoutNode[] = [];
  for (const node of frame.scene.layout.nodes) {
    const place = placeNow(frame, node);
    if (place.x > right || place.y > bottom || place.x + place.width < left || place.y + place.height < top) continue;
    nodes.push(place === node ? node : { ...node, ...place });
  }
  return nodes;
}

/** Nodes that were not there before fade in. */
function fadeIn(ctx: CanvasRenderingContext2D, frame: Frame, node: LayoutNode, draw: () => void): void {
  ctx.globalAlpha = frame.from && !frame.from.has(node.id) ? frame.progress : 1;
  draw();
  ctx.globalAlpha = 1;
}

function drawDots(ctx: CanvasRenderingContext2D, { camera, palette, view }: Frame): void {
  let step = DOT_GAP * camera.scale;
  while (step < LEAST_DOT_GAP) step *= 2;
  ctx.fillStyle = palette.line;
  const first = (offset: number): number => -((((offset * camera.scale) % step) + step) % step);
  for (let x = first(camera.x); x < view.width; x += step) {
    for (let y = first(camera.y); y < view.height; y += step) ctx.fillRect(x, y, 1.2, 1.2);
  }
}

/** A ring in the accent colour, with a gap to the chosen node. */
function drawSelection(ctx: CanvasRenderingContext2D, frame: Frame): void {
  const node = frame.selected === null ? undefined : frame.scene.nodes.get(frame.selected);
  if (!node) return;
  const place = placeNow(frame, node);
  const radius = node.header ? 8 : 6;
  ctx.lineWidth = 2;
  if (!node.header) {
    ctx.strokeStyle = tintAt(frame.palette, node.depth - 1);
    roundedBox(ctx, place, radius + 1, 1);
    ctx.stroke();
  }
  ctx.strokeStyle = frame.palette.accent;
  roundedBox(ctx, place, radius + 3, 3);
  ctx.stroke();
}
