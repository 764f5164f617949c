/** A place in CSS pixels at zoom 1; y grows downward. */
export type Point = [number, number];

export interface Size {
  width: number;
  height: number;
}

/** One thing to place in a block: a box, or a port on the block's upper or lower border. */
export interface BlockVertex {
  width: number;
  height: number;
  role: "item" | "in" | "out";
}

/**
 * A tensor that runs between two vertices of a block.
 *
 * Edges of one `net` carry the same tensor from the same place and share their way. `exit` and
 * `entry` are fixed distances from the vertex's centre; a null entry goes in wherever it is nearest.
 */
export interface BlockEdge {
  source: number;
  target: number;
  net: number;
  exit: number;
  entry: number | null;
}

/** Which way tensors run: down the page, or from left to right. */
export type Direction = "TD" | "LR";

/**
 * The contents of one group, to be laid out by itself, tensors running down.
 *
 * The block becomes at least `minWidth` wide and `minHeight` high, and its in-ports keep `clearLeft`
 * from the left border. With `portsStay`, ports keep the order in which they are given.
 */
export interface Block {
  vertices: readonly BlockVertex[];
  edges: readonly BlockEdge[];
  portsStay: boolean;
  inset: { top: number; left: number; right: number; bottom: number };
  minWidth: number;
  minHeight: number;
  clearLeft: number;
}

/** Where everything in a block stands, measured from the block's upper left corner. */
export interface PlacedBlock {
  width: number;
  height: number;
  centres: Point[];
  routes: Point[][];
  forks: { net: number; at: Point }[];
  /** How often lines cross, ports and boxes being as they are. */
  crossings: number;
}

/** Distances between things, in CSS pixels. */
export const SPACING = {
  boxes: 22,
  boxToLine: 24,
  lines: 10,
  ranks: 16,
  track: 10,
  entries: 12,
} as const;
