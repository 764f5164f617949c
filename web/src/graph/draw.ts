import type { LayoutNode } from "../layout/layout";
import type { Backdrop } from "./backdrop";
import { drawEdges, drawPorts, drawShapeLabels, drawTrunks } from "./draw_edges";
import { drawFold } from "./draw_folds";
import { drawBox, drawFarBoxes, drawGroup, drawGroupHeader, drawMark, LEAST_HEAD } from "./draw_nodes";
import { DETAIL_SCALE, DIMMED, frontNow, LABEL_SCALE, placeNow, seenArea, type Frame } from "./frame";
import { roundedBox, traceLine } from "./shapes";
import { tintAt } from "./theme";

const DOT_GAP = 20;
/** Height of a line of words on the screen. */
const HEAD_LINE = 14;
const LEAST_DOT_GAP = 14;
/** Borders of groups that are lower on the screen are left out. */
const LEAST_BORDERED = 5;

/** With more nodes in view than this, a picture of them is moved while the view moves. */
const CROWD = 700;

/**
 * Draws the whole picture, leaving out what is outside the view.
 *
 * `still` says that the view does not move. Says whether the picture should be drawn again when it
 * does not, since it is not sharp.
 */
export function drawFrame(ctx: CanvasRenderingContext2D, frame: Frame, backdrop: Backdrop, still: boolean): boolean {
  const { pixelRatio, view } = frame;
  ctx.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  ctx.clearRect(0, 0, view.width, view.height);
  const seen = seenNodes(frame);
  const isCrowded = frame.from === null && seen.length > CROWD;
  const isBlurred = isCrowded && backdrop.show(ctx, frame, still, (to, larger) => drawGraph(to, larger, seenNodes(larger)));
  if (!isCrowded) drawGraph(ctx, frame, seen);
  toDrawing(ctx, frame);
  if (isCrowded) drawHovered(ctx, frame);
  if (isCrowded || isFar(frame)) drawHeads(ctx, frame, seen); // from far away the words are larger than the head
  drawSelection(ctx, frame);
  if (!isFar(frame)) for (const node of seen) withInk(ctx, frame, node, () => drawMark(ctx, frame, node));
  return isBlurred;
}

/** All but what follows pointer, selection and the borders of the view. */
function drawGraph(ctx: CanvasRenderingContext2D, frame: Frame, seen: readonly LayoutNode[]): void {
  const { camera, pixelRatio } = frame;
  ctx.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  const far = isFar(frame);
  if (!far) drawDots(ctx, frame);
  toDrawing(ctx, frame);
  const groups = seen.filter((node) => node.header !== null);
  if (far) drawFarGroups(ctx, frame, groups);
  else for (const group of groups) withInk(ctx, frame, group, () => drawGroup(ctx, frame, group));
  ctx.globalAlpha = frame.from ? Math.max(0, frame.progress * 2 - 1) : 1;
  drawEdges(ctx, frame);
  drawTrunks(ctx, frame);
  drawPorts(ctx, frame);
  if (camera.scale >= LABEL_SCALE.changed - LABEL_SCALE.fade) drawShapeLabels(ctx, frame);
  ctx.globalAlpha = 1;
  if (far) return drawFarBoxes(ctx, frame, seen);
  if (seen.length <= CROWD) drawHeads(ctx, frame, seen);
  for (const node of seen) if (node.box) withInk(ctx, frame, node, () => drawBox(ctx, frame, node));
  for (const node of seen) if (frame.scene.folds.has(node.id)) withInk(ctx, frame, node, () => drawFold(ctx, frame, node));
}

function isFar({ camera }: Frame): boolean {
  return camera.scale < DETAIL_SCALE;
}

/** From here on, what is drawn is in the drawing's own places. */
function toDrawing(ctx: CanvasRenderingContext2D, { camera, pixelRatio }: Frame): void {
  const scale = camera.scale * pixelRatio;
  ctx.setTransform(scale, 0, 0, scale, -camera.x * scale, -camera.y * scale);
}

/** From far away, where words stay as large as they can be read, a head is left out that would lie on an outer one. */
function drawHeads(ctx: CanvasRenderingContext2D, frame: Frame, seen: readonly LayoutNode[]): void {
  const { scale } = frame.camera;
  const written: LayoutNode[] = [];
  for (const node of seen) {
    if (!node.header || node.width * scale < LEAST_HEAD) continue;
    if (isFar(frame)) {
      if (written.some((other) => Math.abs(other.y - node.y) * scale < HEAD_LINE && other.x < node.x + node.width && node.x < other.x + other.width)) continue;
      written.push(node);
    }
    withInk(ctx, frame, node, () => drawGroupHeader(ctx, frame, node));
  }
}

/** In a crowd, the node under the pointer and its lines stand out above the picture. */
function drawHovered(ctx: CanvasRenderingContext2D, frame: Frame): void {
  const { scene, hovered, palette, camera } = frame;
  const node = hovered === null ? undefined : scene.nodes.get(hovered);
  if (!node) return;
  ctx.strokeStyle = palette.text2;
  ctx.lineWidth = Math.max(1.5, 1.2 / camera.scale);
  ctx.beginPath();
  for (const edge of scene.layout.edges) if (edge.source === hovered || edge.target === hovered) traceLine(ctx, edge.points, 0);
  ctx.stroke();
  ctx.strokeStyle = palette.accent;
  roundedBox(ctx, frontNow(frame, node), node.header ? 8 : 6);
  ctx.stroke();
}

/** What is in view: for a moment after a change also what comes from outside or goes there. */
function seenNodes(frame: Frame): LayoutNode[] {
  const area = seenArea(frame);
  const { nodes } = frame.scene.layout;
  if (!frame.from) return frame.scene.nodesAt.search(area).map((i) => nodes[i]!);
  return nodes.flatMap((node) => {
    const place = placeNow(frame, node);
    const isOutside =
      place.x > area.right || place.y > area.bottom || place.x + place.width < area.left || place.y + place.height < area.top;
    return isOutside ? [] : [place === node ? node : { ...node, ...place }];
  });
}

/** Nodes that were not there before fade in, and what is not spoken of is faint. */
function withInk(ctx: CanvasRenderingContext2D, frame: Frame, node: LayoutNode, draw: () => void): void {
  const fresh = frame.from && !frame.from.has(node.id) ? frame.progress : 1;
  const faint = frame.highlight && !frame.highlight.nodes.has(node.id) ? DIMMED : 1;
  ctx.globalAlpha = fresh * faint;
  draw();
  ctx.globalAlpha = 1;
}

/** Open groups from far away: plain ground, and a border where it can be seen. */
function drawFarGroups(ctx: CanvasRenderingContext2D, frame: Frame, groups: readonly LayoutNode[]): void {
  const { palette, camera } = frame;
  ctx.lineWidth = 1 / camera.scale;
  for (const group of groups) {
    const { x, y, width, height } = frontNow(frame, group);
    ctx.fillStyle = tintAt(palette, group.depth);
    ctx.fillRect(x, y, width, height);
    if (height * camera.scale < LEAST_BORDERED) continue;
    ctx.strokeStyle = group.id === frame.hovered ? palette.accent : palette.groupBorder;
    ctx.strokeRect(x, y, width, height);
  }
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

/** A ring in the accent colour, with a gap to the chosen node; as wide on the screen at any zoom. */
function drawSelection(ctx: CanvasRenderingContext2D, frame: Frame): void {
  const node = frame.selected === null ? undefined : frame.scene.nodes.get(frame.selected);
  if (!node) return;
  const place = frontNow(frame, { ...node, ...placeNow(frame, node) });
  const radius = node.header ? 8 : 6;
  const growth = Math.max(1, 1 / frame.camera.scale);
  ctx.lineWidth = 2 * growth;
  if (!node.header && growth === 1) {
    ctx.strokeStyle = tintAt(frame.palette, node.depth - 1);
    roundedBox(ctx, place, radius + 1, 1);
    ctx.stroke();
  }
  ctx.strokeStyle = frame.palette.accent;
  roundedBox(ctx, place, radius + 3 * growth, 3 * growth);
  ctx.stroke();
}
