/** Draws a scene on a canvas: groups, lines, ports, nodes; only what shows, and no text too small. */

import type { Box } from "../diagram/compose";
import type { Point } from "../diagram/layered";
import type { GraphIndex } from "../model/nodes";
import type { Camera } from "./camera";
import type { Paint } from "./graph";
import { FONT, NODE, type Scene } from "./scene";

export interface Palette {
  canvas: string;
  panel: string;
  line: string;
  control: string;
  text: string;
  text2: string;
  text3: string;
  accent: string;
  groups: [string, string, string];
  groupBorder: string;
  edge: string;
  high: string;
  family: string;
}

export interface DrawState {
  scene: Scene;
  camera: Camera;
  palette: Palette;
  index: GraphIndex;
  width: number;
  height: number;
  ratio: number;
  selected: string | null;
  hovered: string | null;
  failed: string | null;
  paint: (id: string) => Paint;
  subtitle: (id: string) => string;
  /** Boxes on their way from the last layout to this one, and how far: 0 to 1. */
  moving: Map<string, Box> | null;
  progress: number;
}

const SMALLEST_TEXT = 0.42;

export function draw(ctx: CanvasRenderingContext2D, state: DrawState): void {
  const { camera, ratio } = state;
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, state.width, state.height);
  drawDots(ctx, state);
  const scale = camera.scale * ratio;
  ctx.setTransform(scale, 0, 0, scale, -camera.x * scale, -camera.y * scale);
  const shown = state.scene.placed.boxes
    .map((box) => ({ box: between(state, box), target: box }))
    .filter(({ box }) => visible(state, box));
  for (const { box } of shown) if (box.group) drawGroup(ctx, state, box);
  ctx.globalAlpha = state.moving ? Math.max(0, state.progress * 2 - 1) : 1;
  drawLines(ctx, state);
  ctx.globalAlpha = 1;
  for (const { box } of shown) {
    if (box.group) drawTitle(ctx, state, box);
    else drawNode(ctx, state, box);
  }
  drawSelection(ctx, state);
}

/** Where a box is now, on its way from where it was. */
function between(state: DrawState, box: Box): Box {
  const old = state.moving?.get(box.id);
  if (!old) return box;
  const t = state.progress;
  const mix = (a: number, b: number) => a + (b - a) * t;
  return {
    ...box,
    x: mix(old.x, box.x),
    y: mix(old.y, box.y),
    width: mix(old.width, box.width),
    height: mix(old.height, box.height),
  };
}

function visible({ camera, width, height }: DrawState, box: Box): boolean {
  const [left, top] = camera.toScreen(box.x, box.y);
  return (
    left < width + 20 &&
    top < height + 20 &&
    left + box.width * camera.scale > -20 &&
    top + box.height * camera.scale > -20
  );
}

function drawDots(ctx: CanvasRenderingContext2D, { camera, palette, width, height }: DrawState): void {
  const step = 24 * camera.scale;
  if (step < 12) return;
  ctx.fillStyle = palette.line;
  const startX = -((camera.x * camera.scale) % step) - step;
  const startY = -((camera.y * camera.scale) % step) - step;
  for (let x = startX; x < width + step; x += step)
    for (let y = startY; y < height + step; y += step) ctx.fillRect(x, y, 1, 1);
}

function drawGroup(ctx: CanvasRenderingContext2D, state: DrawState, box: Box): void {
  const { palette } = state;
  ctx.globalAlpha = appearing(state, box);
  ctx.fillStyle = palette.groups[Math.min(box.depth, 2)]!;
  ctx.strokeStyle = box.id === state.hovered ? palette.accent : palette.groupBorder;
  ctx.lineWidth = 1;
  rounded(ctx, box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1, 8);
  ctx.fill();
  ctx.stroke();
  ctx.globalAlpha = 1;
}

/** The title of an open group, over the lines that pass it, on a ground of the group's tint. */
function drawTitle(ctx: CanvasRenderingContext2D, state: DrawState, box: Box): void {
  const { palette, camera } = state;
  ctx.globalAlpha = appearing(state, box);
  if (camera.scale >= SMALLEST_TEXT) {
    const ground = palette.groups[Math.min(box.depth, 2)]!;
    const label = state.scene.labels.get(box.id)!;
    const y = box.y + 18;
    const right = state.subtitle(box.id);
    ctx.font = FONT.detail(palette.family);
    const room = box.width - 28 - label.nameWidth - 24 - (right ? ctx.measureText(right).width : 0);
    const detail = state.index.node(box.id)!.type;
    const fits = ctx.measureText(detail).width < room;
    const width = label.nameWidth + (fits ? 7 + ctx.measureText(detail).width : 0);
    ctx.fillStyle = ground;
    ctx.fillRect(box.x + 10, y - 8, width + 22, 16);
    chevron(ctx, box.x + 16, y, true, palette.text2);
    text(ctx, label.name, box.x + 28, y, FONT.name(palette.family), palette.text);
    if (fits)
      text(ctx, detail, box.x + 28 + label.nameWidth + 7, y, FONT.detail(palette.family), palette.text2);
    if (right) text(ctx, right, box.x + box.width - 14, y, FONT.detail(palette.family), palette.text2, "right");
    if (box.id === state.failed) failure(ctx, box.x + box.width - 10, box.y, palette);
  }
  ctx.globalAlpha = 1;
}

function drawLines(ctx: CanvasRenderingContext2D, state: DrawState): void {
  const { scene, palette, camera, hovered } = state;
  const [left, top] = camera.toWorld(0, 0);
  const [right, bottom] = camera.toWorld(state.width, state.height);
  const alpha = ctx.globalAlpha;
  const near = hovered ?? null;
  scene.placed.segments.forEach((segment, i) => {
    if (!touches(segment.points, left, top, right, bottom)) return;
    const mine =
      near === null ||
      segment.edges.some((e) => scene.edges[e]!.source === near || scene.edges[e]!.target === near);
    ctx.globalAlpha = alpha * (mine ? 1 : 0.35);
    ctx.strokeStyle = palette.edge;
    ctx.fillStyle = palette.edge;
    ctx.lineWidth = scene.widths[i]!;
    polyline(ctx, scene.forked.has(i) ? segment.points.slice(1) : segment.points, 10);
    if (segment.arrow) arrow(ctx, segment.points);
  });
  ctx.globalAlpha = alpha;
  ctx.fillStyle = palette.edge;
  if (camera.scale > 0.3)
    for (const [x, y] of scene.forks) {
      ctx.beginPath();
      ctx.arc(x, y, 2.6, 0, Math.PI * 2);
      ctx.fill();
    }
  drawPorts(ctx, state);
  if (camera.scale >= 0.7) drawShapes(ctx, state);
}

function drawPorts(ctx: CanvasRenderingContext2D, { scene, palette, camera }: DrawState): void {
  if (camera.scale < 0.3) return;
  ctx.strokeStyle = palette.edge;
  ctx.fillStyle = palette.panel;
  ctx.lineWidth = 1.4;
  for (const port of scene.placed.ports) {
    ctx.beginPath();
    ctx.arc(port.x, port.y, 3.2, 0, Math.PI * 2);
    ctx.fill();
    ctx.stroke();
  }
}

function drawShapes(ctx: CanvasRenderingContext2D, { scene, palette }: DrawState): void {
  ctx.font = FONT.edge(palette.family);
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  ctx.lineJoin = "round";
  scene.shapes.forEach((shape, i) => {
    if (!shape) return;
    const [[x, y], next] = [scene.placed.segments[i]!.points[0]!, scene.placed.segments[i]!.points[1]!];
    const at = y + Math.min(10, Math.abs(next[1] - y) / 2);
    ctx.strokeStyle = palette.canvas;
    ctx.lineWidth = 3;
    ctx.strokeText(shape, x + 7, at);
    ctx.fillStyle = palette.text3;
    ctx.fillText(shape, x + 7, at);
  });
}

function drawNode(ctx: CanvasRenderingContext2D, state: DrawState, box: Box): void {
  const { palette, camera, index } = state;
  const paint = state.paint(box.id);
  const node = index.node(box.id)!;
  ctx.globalAlpha = appearing(state, box);
  ctx.lineWidth = 1;
  rounded(ctx, box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1, 6);
  ctx.fillStyle = paint.fill ?? palette.panel;
  ctx.fill();
  if (paint.state === "unmeasured") hatch(ctx, box, palette);
  ctx.setLineDash(paint.state === "unmeasured" || node.kind === "constant" ? [3, 2] : []);
  ctx.strokeStyle =
    box.id === state.hovered ? palette.accent : paint.fill ? "rgba(0,0,0,0.16)" : palette.control;
  if (!paint.fill && box.id !== state.hovered) ctx.globalAlpha *= 0.8;
  ctx.stroke();
  ctx.globalAlpha = appearing(state, box);
  ctx.setLineDash([]);
  if (camera.scale >= SMALLEST_TEXT) nodeText(ctx, state, box, paint);
  else if (!paint.fill) plainBar(ctx, box, palette);
  if (box.id === state.failed) failure(ctx, box.x + box.width, box.y, palette);
  ctx.globalAlpha = 1;
}

function nodeText(ctx: CanvasRenderingContext2D, state: DrawState, box: Box, paint: Paint): void {
  const { palette, index, scene } = state;
  const label = scene.labels.get(box.id)!;
  const closed = index.isOpenedByAll(box.id);
  const ink = paint.fill ? inkOn(paint.fill) : palette.text;
  const soft = paint.fill ? ink : palette.text2;
  const y = closed ? box.y + 14 : box.y + box.height / 2;
  const valued = paint.value !== undefined || closed;
  let x = box.x + NODE.padding;
  if (closed) {
    chevron(ctx, box.x + 14, y, false, ink);
    x += NODE.chevron;
  } else if (!valued) {
    ctx.font = FONT.detail(palette.family);
    const whole = label.nameWidth + (label.detail ? 7 + ctx.measureText(label.detail).width : 0);
    x = box.x + (box.width - whole) / 2;
  }
  const plain = !valued && index.node(box.id)!.kind === "op";
  text(ctx, label.name, x, y, plain ? FONT.detail(palette.family) : FONT.name(palette.family), ink);
  if (label.detail)
    text(ctx, label.detail, x + label.nameWidth + 7, y, FONT.detail(palette.family), soft);
  if (paint.value !== undefined)
    text(ctx, paint.value, box.x + box.width - NODE.padding, y, FONT.detail(palette.family), ink, "right");
  if (closed) memberStrip(ctx, state, box);
}

/** Colours of the members of a closed group, in a row under its title. */
function memberStrip(ctx: CanvasRenderingContext2D, state: DrawState, box: Box): void {
  const members = state.index
    .children(box.id)
    .filter((id) => state.paint(id).state !== "none")
    .slice(0, 48);
  if (!members.length) return;
  const left = box.x + NODE.padding + NODE.chevron;
  const width = box.width - 2 * NODE.padding - NODE.chevron;
  const cell = width / members.length;
  members.forEach((id, i) => {
    const paint = state.paint(id);
    ctx.fillStyle = paint.fill ?? state.palette.panel;
    ctx.fillRect(left + i * cell, box.y + 25, cell - (cell > 4 ? 1.5 : 0), 8);
    ctx.strokeStyle = "rgba(255,255,255,0.75)";
    ctx.lineWidth = 0.75;
    if (cell > 4) ctx.strokeRect(left + i * cell, box.y + 25, cell - 1.5, 8);
  });
}

function drawSelection(ctx: CanvasRenderingContext2D, state: DrawState): void {
  if (state.selected === null) return;
  const target = state.scene.boxes.get(state.selected);
  if (!target) return;
  const box = between(state, target);
  ctx.strokeStyle = state.palette.accent;
  ctx.lineWidth = 2;
  rounded(ctx, box.x - 3, box.y - 3, box.width + 6, box.height + 6, box.group ? 11 : 9);
  ctx.stroke();
}

/** New boxes fade in during the second half of the way. */
function appearing(state: DrawState, box: Box): number {
  if (!state.moving || state.moving.has(box.id)) return 1;
  return Math.max(0, state.progress * 2 - 1);
}

/** Black or white, whichever stands out more (WCAG relative luminance). */
export function inkOn(colour: string): string {
  const parts = /^#(..)(..)(..)$/.exec(colour);
  if (!parts) return "#000";
  const [r, g, b] = parts.slice(1).map((hex) => {
    const c = parseInt(hex, 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff";
}

function text(
  ctx: CanvasRenderingContext2D,
  value: string,
  x: number,
  y: number,
  font: string,
  colour: string,
  align: CanvasTextAlign = "left",
): void {
  ctx.font = font;
  ctx.fillStyle = colour;
  ctx.textAlign = align;
  ctx.textBaseline = "middle";
  ctx.fillText(value, x, y + 0.5);
}

function rounded(ctx: CanvasRenderingContext2D, x: number, y: number, w: number, h: number, r: number): void {
  ctx.beginPath();
  ctx.roundRect(x, y, w, h, r);
}

function polyline(ctx: CanvasRenderingContext2D, points: Point[], radius: number): void {
  ctx.beginPath();
  ctx.moveTo(points[0]![0], points[0]![1]);
  for (let i = 1; i + 1 < points.length; i++) {
    const [a, b, c] = [points[i - 1]!, points[i]!, points[i + 1]!];
    const room = Math.min(
      Math.hypot(b[0] - a[0], b[1] - a[1]) / 2,
      Math.hypot(c[0] - b[0], c[1] - b[1]) / 2,
      radius,
    );
    ctx.arcTo(b[0], b[1], c[0], c[1], room);
  }
  const last = points[points.length - 1]!;
  ctx.lineTo(last[0], last[1]);
  ctx.stroke();
}

function arrow(ctx: CanvasRenderingContext2D, points: Point[]): void {
  const [x, y] = points[points.length - 1]!;
  const before = points[points.length - 2] ?? [x, y - 1];
  const angle = Math.atan2(y - before[1], x - before[0]);
  ctx.save();
  ctx.translate(x, y);
  ctx.rotate(angle);
  ctx.beginPath();
  ctx.moveTo(0, 0);
  ctx.lineTo(-6, -3.4);
  ctx.lineTo(-6, 3.4);
  ctx.closePath();
  ctx.fill();
  ctx.restore();
}

function chevron(ctx: CanvasRenderingContext2D, x: number, y: number, open: boolean, colour: string): void {
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  if (open) {
    ctx.moveTo(x - 3.5, y - 2);
    ctx.lineTo(x, y + 2);
    ctx.lineTo(x + 3.5, y - 2);
  } else {
    ctx.moveTo(x - 2, y - 3.5);
    ctx.lineTo(x + 2, y);
    ctx.lineTo(x - 2, y + 3.5);
  }
  ctx.stroke();
}

function hatch(ctx: CanvasRenderingContext2D, box: Box, palette: Palette): void {
  ctx.save();
  ctx.clip();
  ctx.strokeStyle = palette.line;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (let x = box.x - box.height; x < box.x + box.width; x += 6) {
    ctx.moveTo(x, box.y + box.height);
    ctx.lineTo(x + box.height, box.y);
  }
  ctx.stroke();
  ctx.restore();
  rounded(ctx, box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1, 6);
}

function plainBar(ctx: CanvasRenderingContext2D, box: Box, palette: Palette): void {
  ctx.fillStyle = palette.control;
  ctx.fillRect(box.x + box.width * 0.3, box.y + box.height / 2 - 1, box.width * 0.4, 2);
}

function failure(ctx: CanvasRenderingContext2D, x: number, y: number, palette: Palette): void {
  ctx.fillStyle = palette.high;
  ctx.beginPath();
  ctx.moveTo(x, y - 9);
  ctx.lineTo(x + 9, y + 6);
  ctx.lineTo(x - 9, y + 6);
  ctx.closePath();
  ctx.fill();
  text(ctx, "!", x, y, "700 10px sans-serif", "#fff", "center");
}

function touches(points: Point[], left: number, top: number, right: number, bottom: number): boolean {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    x0 = Math.min(x0, x);
    y0 = Math.min(y0, y);
    x1 = Math.max(x1, x);
    y1 = Math.max(y1, y);
  }
  return x0 <= right && x1 >= left && y0 <= bottom && y1 >= top;
}
