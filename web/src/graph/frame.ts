import type { LayoutNode } from "../layout/layout";
import type { Camera, Size } from "./camera";
import type { Scene } from "./scene";
import type { Rectangle } from "./shapes";
import type { Palette } from "./theme";

/**
 * How a node is coloured.
 *
 * `fill` is null where there is nothing to colour (no parameters, say): the node then has the
 * panel's colour. What was not measured is hatched, with a dashed border.
 */
export interface Paint {
  fill: string | null;
  value?: string;
  /** A sign in a corner of the node: what tells it apart without its colour. */
  mark?: { sign: string; colour: string } | undefined;
  state: "value" | "none" | "unmeasured";
}

/** All that one picture of the graph depends on. */
export interface Frame {
  scene: Scene;
  camera: Camera;
  palette: Palette;
  view: Size;
  pixelRatio: number;
  selected: string | null;
  hovered: string | null;
  failed: string | null;
  paint: (id: string) => Paint;
  members: (id: string) => string[];
  parameterCount: (id: string) => number;
  /** Where nodes stood before the last change; null when nothing moves. */
  from: ReadonlyMap<string, Rectangle> | null;
  /** How far the movement has come, 0 to 1. */
  progress: number;
}

/** Below this scale words are left out. */
export const TEXT_SCALE = 0.42;
/** Below this scale rings, dots and arrow heads are left out. */
export const DETAIL_SCALE = 0.25;
/** Below this scale shapes beside lines are left out. */
export const LABEL_SCALE = 0.6;

/** The part of the drawing that is in view, with some room around it. */
export function seenArea({ camera, view }: Frame): { left: number; top: number; right: number; bottom: number } {
  const [left, top] = camera.toWorld(-20, -20);
  const [right, bottom] = camera.toWorld(view.width + 20, view.height + 20);
  return { left, top, right, bottom };
}

/** Where the words of an open group begin and end: at its borders, or at the view's if those are outside. */
export function headerSpan({ camera, view }: Frame, node: LayoutNode): { left: number; right: number } {
  const words = (node.header?.left ?? 0) + (node.header?.right ?? 0);
  const last = node.x + node.width - words;
  const left = Math.min(Math.max(node.x, camera.toWorld(0, 0)[0]), Math.max(node.x, last));
  const right = Math.max(Math.min(node.x + node.width, camera.toWorld(view.width, 0)[0]), Math.min(left + words, node.x + node.width));
  return { left, right };
}

/** Where a node is on its way from its old place to its new one. */
export function placeNow(frame: Frame, node: LayoutNode): Rectangle {
  const old = frame.from?.get(node.id);
  if (!old) return node;
  const between = (before: number, after: number): number => before + (after - before) * frame.progress;
  return {
    x: between(old.x, node.x),
    y: between(old.y, node.y),
    width: between(old.width, node.width),
    height: between(old.height, node.height),
  };
}
