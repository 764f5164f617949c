import type { GraphIndex } from "../../model/graph";
import { netOf } from "../flows";
import type { Layout } from "../layout";
import type { Point } from "../types";

/** A box where it stands. */
export interface DrawnBox {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
  isGroup: boolean;
}

/** A line from one box to another; lines of one net carry one tensor and may share their way. */
export interface DrawnLine {
  source: string;
  target: string;
  net: string;
  points: Point[];
}

/** A drawn graph, by whichever program: what is counted below is counted alike for all. */
export interface Drawing {
  boxes: DrawnBox[];
  lines: DrawnLine[];
  width: number;
  height: number;
  /** Groups around a box, innermost first. */
  around: (id: string) => readonly string[];
}

export interface Quality {
  /** Places where lines of two tensors cross: what is drawn once counts once. */
  crossings: number;
  /** Pairs of edges that cross, each as often as it does: a shared way counts for all that share it. */
  crossingPairs: number;
  /** Lines that touch the inside of a box or group that holds neither of their ends. */
  throughBoxes: number;
  /** Pixels on which lines of two tensors lie on each other, other than on their way to one box. */
  overlap: number;
  bends: number;
  /** Pieces that are neither horizontal nor vertical. */
  slanted: number;
  width: number;
  height: number;
}

interface Piece {
  line: number;
  from: Point;
  to: Point;
}

const CELL = 240;
const TOUCH = 0.5;

/** A layout as something to count on. */
export function drawingOf(index: GraphIndex, layout: Layout): Drawing {
  return {
    boxes: layout.nodes.map(({ id, x, y, width, height, box }) => ({ id, x, y, width, height, isGroup: box === null })),
    lines: layout.edges.map((edge) => ({ source: edge.source, target: edge.target, net: netOf(edge), points: edge.points })),
    width: layout.width,
    height: layout.height,
    around: (id) => index.ancestors(id),
  };
}

/** How well a drawing reads, in figures. */
export function qualityOf(drawing: Drawing): Quality {
  const pieces = drawing.lines.flatMap(({ points }, line) =>
    points.slice(1).map((to, i): Piece => ({ line, from: points[i]!, to })),
  );
  const grid = gridOf(pieces);
  return {
    ...crossingsIn(drawing, pieces, grid),
    throughBoxes: throughBoxes(drawing, pieces, grid).length,
    bends: drawing.lines.reduce((sum, { points }) => sum + Math.max(0, points.length - 2), 0),
    slanted: pieces.filter(({ from, to }) => Math.min(Math.abs(from[0] - to[0]), Math.abs(from[1] - to[1])) > TOUCH).length,
    width: drawing.width,
    height: drawing.height,
  };
}

/** Every case of a line inside a box that it should pass by, as words. */
export function linesThroughBoxes(drawing: Drawing): string[] {
  const pieces = drawing.lines.flatMap(({ points }, line) =>
    points.slice(1).map((to, i): Piece => ({ line, from: points[i]!, to })),
  );
  return throughBoxes(drawing, pieces, gridOf(pieces));
}

/** The pieces in each square of the plane, by the square's name. */
function gridOf(pieces: Piece[]): Map<string, number[]> {
  const grid = new Map<string, number[]>();
  pieces.forEach((piece, i) => {
    for (const cell of cellsOf(piece.from, piece.to)) {
      const inside = grid.get(cell);
      if (inside) inside.push(i);
      else grid.set(cell, [i]);
    }
  });
  return grid;
}

function* cellsOf(a: Point, b: Point): Generator<string> {
  const [left, right] = [Math.floor(Math.min(a[0], b[0]) / CELL), Math.floor(Math.max(a[0], b[0]) / CELL)];
  const [top, bottom] = [Math.floor(Math.min(a[1], b[1]) / CELL), Math.floor(Math.max(a[1], b[1]) / CELL)];
  for (let x = left; x <= right; x++) for (let y = top; y <= bottom; y++) yield `${x},${y}`;
}

function crossingsIn(
  drawing: Drawing,
  pieces: Piece[],
  grid: Map<string, number[]>,
): { crossings: number; crossingPairs: number; overlap: number } {
  const places = new Set<string>();
  const shared = new Map<string, number>();
  let crossingPairs = 0;
  const netOf = (piece: Piece): string => drawing.lines[piece.line]!.net;
  for (const [cell, inside] of grid) {
    for (let i = 0; i < inside.length; i++) {
      const a = pieces[inside[i]!]!;
      for (let j = i + 1; j < inside.length; j++) {
        const b = pieces[inside[j]!]!;
        if (netOf(a) === netOf(b)) continue;
        const at = crossingOf(a, b);
        const nets = netOf(a) < netOf(b) ? `${netOf(a)} ${netOf(b)}` : `${netOf(b)} ${netOf(a)}`;
        if (at && cellsOf(at, at).next().value === cell) {
          crossingPairs++;
          places.add(`${nets} ${Math.round(at[0])} ${Math.round(at[1])}`);
        } else if (!at && drawing.lines[a.line]!.target !== drawing.lines[b.line]!.target) {
          const [length, where] = sharedLength(a, b);
          if (length > 1) shared.set(`${nets} ${where}`, Math.max(shared.get(`${nets} ${where}`) ?? 0, length));
        }
      }
    }
  }
  const overlap = [...shared.values()].reduce((sum, length) => sum + length, 0);
  return { crossings: places.size, crossingPairs, overlap: Math.round(overlap) };
}

/** Where two pieces cross between their ends, if they do. */
function crossingOf({ from: a, to: b }: Piece, { from: c, to: d }: Piece): Point | null {
  const [rx, ry, sx, sy] = [b[0] - a[0], b[1] - a[1], d[0] - c[0], d[1] - c[1]];
  const across = rx * sy - ry * sx;
  if (Math.abs(across) < 1e-9) return null;
  const t = ((c[0] - a[0]) * sy - (c[1] - a[1]) * sx) / across;
  const u = ((c[0] - a[0]) * ry - (c[1] - a[1]) * rx) / across;
  if (t <= 1e-6 || t >= 1 - 1e-6 || u <= 1e-6 || u >= 1 - 1e-6) return null;
  return [a[0] + t * rx, a[1] + t * ry];
}

/** How long two pieces of the same direction lie on each other, and a name of the place. */
function sharedLength({ from: a, to: b }: Piece, { from: c, to: d }: Piece): [length: number, where: string] {
  for (const [along, across] of [[0, 1], [1, 0]] as const) {
    const ends = [a, b, c, d].map((point) => point[across]);
    if (Math.max(...ends) - Math.min(...ends) > TOUCH) continue;
    const low = Math.max(Math.min(a[along], b[along]), Math.min(c[along], d[along]));
    const high = Math.min(Math.max(a[along], b[along]), Math.max(c[along], d[along]));
    return [high - low, `${along} ${Math.round(a[across])} ${Math.round(low)}`];
  }
  return [0, ""];
}

function throughBoxes(drawing: Drawing, pieces: Piece[], grid: Map<string, number[]>): string[] {
  const found = new Set<string>();
  for (const box of drawing.boxes) {
    const near = new Set<number>();
    for (const cell of cellsOf([box.x, box.y], [box.x + box.width, box.y + box.height])) {
      for (const i of grid.get(cell) ?? []) near.add(i);
    }
    for (const i of near) {
      const piece = pieces[i]!;
      if (!enters(piece, box)) continue;
      const { source, target } = drawing.lines[piece.line]!;
      if (box.isGroup && [source, target].some((end) => end === box.id || drawing.around(end).includes(box.id))) continue;
      found.add(`${source} to ${target} through ${box.id}`);
    }
  }
  return [...found];
}

/** Whether a piece touches the inside of a box; running along its border does not. */
function enters({ from: [ax, ay], to: [bx, by] }: Piece, box: DrawnBox): boolean {
  let [low, high] = [0, 1];
  const spans: [from: number, by: number, least: number, most: number][] = [
    [ax, bx - ax, box.x + TOUCH, box.x + box.width - TOUCH],
    [ay, by - ay, box.y + TOUCH, box.y + box.height - TOUCH],
  ];
  for (const [from, by, least, most] of spans) {
    if (Math.abs(by) < 1e-9) {
      if (from <= least || from >= most) return false;
      continue;
    }
    const [t, u] = [(least - from) / by, (most - from) / by];
    low = Math.max(low, Math.min(t, u));
    high = Math.min(high, Math.max(t, u));
  }
  return high > low;
}
