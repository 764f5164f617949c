import type { Font } from "../layout/label";
import { cssFont } from "./theme";

/** Widths of texts on a canvas, each measured once: names of layers come again and again. */
export class TextWidths {
  private readonly known = new Map<string, Map<string, number>>();

  constructor(
    private readonly ctx: CanvasRenderingContext2D,
    private readonly family: string,
  ) {}

  of(text: string, font: Font): number {
    const css = cssFont(font, this.family);
    let widths = this.known.get(css);
    if (!widths) this.known.set(css, (widths = new Map()));
    let width = widths.get(text);
    if (width === undefined) {
      this.ctx.font = css;
      widths.set(text, (width = this.ctx.measureText(text).width));
    }
    return width;
  }
}
