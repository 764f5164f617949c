import type { LayoutNode } from "../layout/layout";
import { drawEdges, drawPorts, drawShapeLabels } from "./draw_edges";
import { drawFold } from "./draw_folds";
import { drawBox, drawFarBox, drawGroup, drawGroupHeader, drawMark } from "./draw_nodes";
import { DETAIL_SCALE, DIMMED, frontNow, LABEL_SCALE, placeNow, seenArea, type Frame } from "./frame";
import { roundedBox } from "./shapes";
import { tintAt } from "./theme";

const DOT_GAP = 20;
const LEAST_DOT_GAP = 14;
/** Borders of groups that are lower on the screen are left out. */
const LEAST_BORDERED = 5;

/** Draws the whole picture, leaving out what is outside the view. */
export function drawFrame(ctx: CanvasRenderingContext2D, frame: Frame): void {
  const { camera, pixelRatio, view } = frame;
  ctx.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  ctx.clearRect(0, 0, view.width, view.height);
  const isFar = camera.scale < DETAIL_SCALE;
  if (!isFar) drawDots(ctx, frame);
  const scale = camera.scale * pixelRatio;
  ctx.setTransform(scale, 0, 0, scale, -camera.x * scale, -camera.y * scale);
  const seen = seenNodes(frame);
  const groups = seen.filter((node) => node.header !== null);
  if (isFar) drawFarGroups(ctx, frame, groups);
  else for (const group of groups) withInk(ctx, frame, group, () => drawGroup(ctx, frame, group));
  ctx.globalAlpha = frame.from ? Math.max(0, frame.progress * 2 - 1) : 1;
  drawEdges(ctx, frame);
  drawPorts(ctx, frame);
  if (camera.scale >= LABEL_SCALE.changed - LABEL_SCALE.fade) drawShapeLabels(ctx, frame);
  ctx.globalAlpha = 1;
  const heads = (): void => groups.forEach((group) => withInk(ctx, frame, group, () => drawGroupHeader(ctx, frame, group)));
  const drawNode = isFar ? drawFarBox : drawBox;
  if (!isFar) heads(); // from far away the words are larger than the head has room for
  for (const node of seen) if (node.box) withInk(ctx, frame, node, () => drawNode(ctx, frame, node));
  if (isFar) heads();
  for (const node of isFar ? [] : seen) {
    if (frame.scene.folds.has(node.id)) withInk(ctx, frame, node, () => drawFold(ctx, frame, node));
  }
  drawSelection(ctx, frame);
  for (const node of seen) withInk(ctx, frame, node, () => drawMark(ctx, frame, node));
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
