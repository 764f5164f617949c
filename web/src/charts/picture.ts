/** A drawn chart as plain shapes in pixels: what screen, file and paper all show. */

import { visible } from "../model/names";
import type { Ink } from "./palette";
import type { Symbol } from "./roles";

export type Anchor = "start" | "middle" | "end";

export interface RectShape {
  kind: "rect";
  x: number;
  y: number;
  width: number;
  height: number;
  fill: Ink;
  stroke?: Ink;
  dash?: readonly number[];
  opacity?: number;
  radius?: number;
}

export interface PathShape {
  kind: "path";
  /** In the language of SVG paths, absolute. */
  d: string;
  /** The stretch of height that it covers, for leaving out what is not in view. */
  top: number;
  bottom: number;
  fill?: Ink;
  stroke?: Ink;
  width?: number;
  dash?: readonly number[];
  opacity?: number;
}

export interface TextShape {
  kind: "text";
  x: number;
  y: number;
  text: string;
  fill: Ink;
  size?: number;
  bold?: boolean;
  anchor?: Anchor;
  /** Colour of a rim that lets it be read over lines. */
  halo?: Ink;
  /** Turned about its own position, in degrees. */
  turn?: number;
}

export type Shape = RectShape | PathShape | TextShape;

/** What is under the pointer: where, what to say of it, and the node that it stands for. */
export interface Hit {
  x: number;
  y: number;
  width: number;
  height: number;
  tip: string;
  node: string | null;
  /** Chosen by being the nearest within some pixels, not by being under the pointer. */
  near?: boolean;
}

export interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Picture {
  width: number;
  height: number;
  shapes: Shape[];
  hits: Hit[];
  /** Where the values are drawn: what a zoom is measured by. */
  plot: Area;
  /** Directions that can be zoomed. */
  zooms: "x" | "xy" | "none";
  /** What stays in sight while the rest scrolls: axes above long lists. */
  head?: { height: number; shapes: Shape[] };
  /** Where a value of the x axis lies; null outside. */
  xAt?: (value: number) => number | null;
}

/** The part of the plot that is shown, as shares of the whole: 0 left and 0 top. */
export interface Zoom {
  x: readonly [number, number];
  y: readonly [number, number];
}

export const WHOLE: Zoom = { x: [0, 1], y: [0, 1] };

export function line(x1: number, y1: number, x2: number, y2: number, stroke: Ink, more: Partial<PathShape> = {}): PathShape {
  return {
    kind: "path",
    d: `M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}`,
    top: Math.min(y1, y2),
    bottom: Math.max(y1, y2),
    stroke,
    width: 1,
    ...more,
  };
}

export function label(x: number, y: number, text: string, more: Partial<TextShape> = {}): TextShape {
  return { kind: "text", x: round(x), y: round(y), text, fill: "text-2", size: 10, ...more };
}

export function rect(x: number, y: number, width: number, height: number, fill: Ink, more: Partial<RectShape> = {}): RectShape {
  return { kind: "rect", x: round(x), y: round(y), width: round(Math.max(0, width)), height: round(Math.max(0, height)), fill, ...more };
}

/** A polyline; null breaks it. */
export function outline(points: readonly (readonly [number, number] | null)[], more: Partial<PathShape>): PathShape {
  let d = "";
  let [isDrawing, top, bottom] = [false, Infinity, -Infinity];
  for (const point of points) {
    if (point) {
      d += `${isDrawing ? "L" : "M"}${round(point[0])} ${round(point[1])}`;
      top = Math.min(top, point[1]);
      bottom = Math.max(bottom, point[1]);
    }
    isDrawing = point !== null;
  }
  return { kind: "path", d, top, bottom, ...more };
}

/** Not measured: a dashed border and lines at 45 degrees, clipped to the box. */
export function hatched(x: number, y: number, width: number, height: number): Shape[] {
  if (width <= 0 || height <= 0) return [];
  let d = "";
  for (let offset = HATCH; offset < width + height; offset += HATCH) {
    const [x1, y1] = offset <= height ? [x, y + offset] : [x + offset - height, y + height];
    const [x2, y2] = offset <= width ? [x + offset, y] : [x + width, y + offset - width];
    d += `M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}`;
  }
  const lines: Shape[] = d ? [{ kind: "path", d, top: y, bottom: y + height, stroke: "line-strong", width: 1 }] : [];
  return [...lines, rect(x, y, width, height, "none", { stroke: "control", dash: [3, 2], radius: 2 })];
}

const HATCH = 5;

/** The shape of a point; filled ones have a thin outline, so that light ones stand out too. */
export function symbol(kind: Symbol, x: number, y: number, r: number, ink: Ink, isHollow = false): PathShape {
  const filled = isHollow ? { fill: "panel", stroke: ink, width: 1.2 } : { fill: ink, stroke: "text", width: 0.5 };
  const shape = (d: string, more: Partial<PathShape>): PathShape => ({ kind: "path", d, top: y - r, bottom: y + r, ...more });
  const [l, t, right, b] = [round(x - r), round(y - r), round(x + r), round(y + r)];
  const [cx, cy] = [round(x), round(y)];
  if (kind === "square") return shape(`M${round(x - r * 0.85)} ${round(y - r * 0.85)}h${round(r * 1.7)}v${round(r * 1.7)}h${round(-r * 1.7)}Z`, filled);
  if (kind === "triangle") return shape(`M${cx} ${t}L${right} ${round(y + r * 0.8)}L${l} ${round(y + r * 0.8)}Z`, filled);
  if (kind === "diamond") return shape(`M${cx} ${t}L${right} ${cy}L${cx} ${b}L${l} ${cy}Z`, filled);
  if (kind === "cross") return shape(`M${l} ${t}L${right} ${b}M${l} ${b}L${right} ${t}`, { stroke: ink, width: 1.6 });
  if (kind === "dash") return shape(`M${l} ${cy}L${right} ${cy}`, { stroke: ink, width: 2 });
  return shape(`M${l} ${cy}A${round(r)} ${round(r)} 0 1 1 ${right} ${cy}A${round(r)} ${round(r)} 0 1 1 ${l} ${cy}Z`, filled);
}

/** A sign for a value that has no place on the axis: a cross for NaN, an arrow for an infinity. */
export function oddSign(value: "NaN" | "Infinity" | "-Infinity", x: number, y: number, r = 3.5): PathShape {
  const shape = { kind: "path", top: y - r, bottom: y + r, stroke: "severity-high", width: 1.6 } as const;
  const [l, t, right, b] = [round(x - r), round(y - r), round(x + r), round(y + r)];
  if (value === "NaN") return { ...shape, d: `M${l} ${t}L${right} ${b}M${l} ${b}L${right} ${t}` };
  const [tip, foot] = value === "Infinity" ? [t, b] : [b, t];
  return { ...shape, d: `M${round(x)} ${foot}L${round(x)} ${tip}M${l} ${round(y)}L${round(x)} ${tip}L${right} ${round(y)}` };
}

const NARROW = /[ijlft.,:;'|! ()[\]/\-]/;
const WIDE = /[mwMW@%—]/;

/** How wide a text is, in the size of its letters. */
type Measure = (text: string, bold: boolean) => number;

let measure: Measure = estimated;

/** Measure with the font that is drawn with; without this, widths are estimates. */
export function measureWith(better: Measure): void {
  measure = better;
}

/** Width of a text in pixels. */
export function textWidth(text: string, size = 10, bold = false): number {
  return measure(text, bold) * size;
}

function estimated(text: string, bold: boolean): number {
  let ems = 0;
  for (const letter of text) {
    if (letter > "\u2e80") ems += 1;
    else if (NARROW.test(letter)) ems += 0.31;
    else if (WIDE.test(letter)) ems += 0.86;
    else ems += letter >= "A" && letter <= "Z" ? 0.68 : 0.55;
  }
  return ems * (bold ? 1.06 : 1);
}

/** The name within so many pixels, its middle left out: the end of a path tells most. */
export function fitted(name: string, width: number, size = 10): string {
  const letters = [...visible(name)];
  if (textWidth(letters.join(""), size) <= width) return letters.join("");
  for (let kept = letters.length - 1; kept > 1; kept--) {
    const tail = Math.ceil(((kept - 1) * 2) / 3);
    const text = `${letters.slice(0, kept - 1 - tail).join("")}…${letters.slice(letters.length - tail).join("")}`;
    if (textWidth(text, size) <= width) return text;
  }
  return "…";
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
