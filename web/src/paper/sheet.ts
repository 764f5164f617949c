import { NAME_FONT, type Font } from "../layout/label";
import type { Palette } from "../graph/theme";
import type { AnyMark, BoxMark, Ink, PathMark, Role, Segment } from "./drawing";
import { visible } from "../model/names";
import { measureText } from "./letters";

/** How far the baseline is below the middle of capital letters, in ems. */
const BASELINE = 0.364;

export const NO_INK: Ink = { fill: null, stroke: null, line_width: 1, dash: [] };

export interface Words {
  x: number;
  /** The height of the middle of the letters. */
  y: number;
  font?: Font;
  colour: string;
  halo?: string | null;
  right?: boolean;
}

/** Collects marks, in the order in which they are painted. */
export class Sheet {
  readonly marks: AnyMark[] = [];
  private role: Role = "heading";
  private node: string | null = null;

  constructor(readonly palette: Palette) {}

  /** What the marks that follow stand for. */
  begin(role: Role, node: string | null = null): void {
    this.role = role;
    this.node = node;
  }

  box(place: { x: number; y: number; width: number; height: number }, radius: number, ink: Partial<Ink>): void {
    const { x, y, width, height } = place;
    const mark: BoxMark = { kind: "box", role: this.role, node: this.node, x, y, width, height, radius, ...NO_INK, ...ink };
    this.marks.push(mark);
  }

  path(segments: Segment[], ink: Partial<Ink>, round = false): void {
    if (segments.length === 0) return;
    const mark: PathMark = { kind: "path", role: this.role, node: this.node, segments, round, ...NO_INK, ...ink };
    this.marks.push(mark);
  }

  /** Writes one line, and says how wide it is. */
  write(text: string, { x, y, font = NAME_FONT, colour, halo = null, right = false }: Words): number {
    const width = measureText(text, font);
    if (text.trim() === "") return width;
    this.marks.push({
      kind: "text",
      role: this.role,
      node: this.node,
      x,
      y: y + BASELINE * font.size,
      text: visible(text),
      size: font.size,
      weight: font.weight,
      colour,
      anchor: right ? "end" : "start",
      width,
      halo,
    });
    return width;
  }
}
