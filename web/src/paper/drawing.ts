/** A drawing of the graph as plain data: what Python writes as SVG, PNG, PDF or a figure. */

/** One piece of a path: where it goes, in CSS pixels; C has two control points first. */
export type Segment = ["M", number, number] | ["L", number, number] | ["C", number, number, number, number, number, number] | ["Z"];

/** What a mark stands for. */
export type Role = "group" | "node" | "edge" | "port" | "label" | "heading" | "legend";

interface Mark {
  role: Role;
  /** Id of the node that it belongs to; of a fold, `first..last`. */
  node: string | null;
}

/** How an area or a line is painted: colours are `#rrggbb`, null is none. */
export interface Ink {
  fill: string | null;
  stroke: string | null;
  line_width: number;
  dash: number[];
}

export interface BoxMark extends Mark, Ink {
  kind: "box";
  x: number;
  y: number;
  width: number;
  height: number;
  radius: number;
}

export interface PathMark extends Mark, Ink {
  kind: "path";
  segments: Segment[];
  round: boolean;
}

/** One line of text on the baseline `y`, from `x` on or up to `x`, `width` wide. */
export interface TextMark extends Mark {
  kind: "text";
  x: number;
  y: number;
  text: string;
  size: number;
  weight: 400 | 600;
  colour: string;
  anchor: "start" | "end";
  width: number;
  /** Colour of a rim around the letters, where lines run beneath them. */
  halo: string | null;
}

export type AnyMark = BoxMark | PathMark | TextMark;

/** A node that is drawn: an open group or a closed one, a fold of equal blocks, or a single op. */
export interface DrawnNode {
  id: string;
  title: string;
  detail: string;
  x: number;
  y: number;
  width: number;
  height: number;
  depth: number;
  open: boolean;
  /** How many identical blocks it stands for; 1 if it is one. */
  count: number;
  /** The coloured number as it is written; null where there is none. */
  value: string | null;
  state: "value" | "none" | "unmeasured" | "nonfinite";
}

export interface DrawnEdge {
  source: string;
  target: string;
  /** Shapes of the tensors that flow. */
  shapes: string[];
}

export interface Drawing {
  width: number;
  height: number;
  background: string;
  title: string;
  /** What is drawn and what is not, a sentence each. */
  notes: string[];
  /** Levels of groups that are open. */
  depth: number;
  /** What the colours stand for; null without colours. */
  legend: string | null;
  marks: AnyMark[];
  nodes: DrawnNode[];
  edges: DrawnEdge[];
}

export type Theme = "light" | "dark";

/** What is asked of a drawing. */
export interface Options {
  /** Levels of groups that are open; "all", or null for as many as fit a page. */
  depth: number | "all" | null;
  fold: boolean;
  /** Groups that are opened beside those, by id. */
  expand: string[];
  /** Name of a measure, `table.column`, `table.column[key=value]`, "auto" for what the viewer begins with, or null. */
  color: string | null;
  /** A user's own numbers by node; they are coloured instead. */
  overlay: { label: string; unit: string; values: Record<string, unknown> } | null;
  scale: "log" | "linear" | null;
  direction: "TB" | "LR";
  theme: Theme;
  title: string | null;
  /** Whether title and legend are drawn. */
  frame: boolean;
}
