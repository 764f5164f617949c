import type { LayoutEdge, LayoutNode } from "../layout/layout";
import { HEADER_HEIGHT } from "../layout/size";
import type { Size } from "../layout/types";
import type { Camera } from "./camera";
import { frontOf } from "./fold_figure";
import type { Scene } from "./scene";
import type { Rectangle } from "./shapes";
import type { Area } from "./spatial";
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

/** What keeps full ink while everything else is at 35 %: all up- or downstream of a node. */
export interface Highlight {
  /** Drawn ids. */
  nodes: ReadonlySet<string>;
  edges: ReadonlySet<LayoutEdge>;
  /** What the edges carry, by `netOf`. */
  nets: ReadonlySet<string>;
  /** Nodes of the graph, for the strips of folds. */
  reached: ReadonlySet<string>;
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
  highlight: Highlight | null;
  paint: (id: string) => Paint;
  /** Another one whenever `paint` gives other colours. */
  colours: unknown;
  members: (id: string) => string[];
  parameterCount: (id: string) => number;
  /** Where nodes stood before the last change; null when nothing moves. */
  from: ReadonlyMap<string, Rectangle> | null;
  /** How far the movement has come, 0 to 1. */
  progress: number;
}

/** Words fade out between these scales; below the first they are left out. */
export const TEXT_SCALE = 0.36;
export const CLEAR_TEXT_SCALE = 0.44;
/** Words are written no smaller than this on the screen, as long as they have room. */
export const LEAST_TEXT = 9.5;
/** Below this scale boxes are plain, and rings, dots and arrow heads are left out. */
export const DETAIL_SCALE = 0.25;
/** Shapes beside lines fade in between these scales, first where they change, then on every line. */
export const LABEL_SCALE = { changed: 0.6, every: 1.15, fade: 0.1 };
/** What is not spoken of keeps this share of its ink. */
export const DIMMED = 0.35;

/** How opaque something is at a scale between one where it is not seen and one where it is whole. */
export function fade(scale: number, none: number, whole: number): number {
  return Math.min(1, Math.max(0, (scale - none) / (whole - none)));
}

/** The part of the drawing that is in view, with some room around it. */
export function seenArea({ camera, view }: Pick<Frame, "camera" | "view">): Area {
  const [left, top] = camera.toWorld(-20, -20);
  const [right, bottom] = camera.toWorld(view.width + 20, view.height + 20);
  return { left, top, right, bottom };
}

/** How many times larger than life a text is drawn, so that it can be read when the graph is small. */
export function textGrowth(scale: number, size: number): number {
  return Math.max(1, LEAST_TEXT / (size * scale));
}

/** Where the words of an open group begin and end: at its borders, or at the view's if those are outside. */
export function headerSpan({ camera, view }: Pick<Frame, "camera" | "view">, node: LayoutNode): { left: number; right: number } {
  const words = (node.header?.left ?? 0) + (node.header?.right ?? 0);
  const last = node.x + node.width - words;
  const left = Math.min(Math.max(node.x, camera.toWorld(0, 0)[0]), Math.max(node.x, last));
  const right = Math.max(Math.min(node.x + node.width, camera.toWorld(view.width, 0)[0]), Math.min(left + words, node.x + node.width));
  return { left, right };
}

/** Where a node is on its way from its old place to its new one; of a fold with the room of its sheets. */
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

/** A node without the sheets behind it, if it is a fold. */
export function frontNow(frame: Frame, node: LayoutNode): LayoutNode {
  return frontOf(node, frame.scene.folds.get(node.id));
}

/** The line of words in the head of an open group. */
export function headerMiddle(node: Rectangle): number {
  return node.y + HEADER_HEIGHT / 2;
}
