import type { Font } from "../layout/label";
import { count } from "../model/format";
import { colourAt } from "../model/palettes";
import type { Theme } from "./drawing";
import { hatch } from "./shapes";
import type { Painter } from "./paint";
import { measureText } from "./letters";
import type { Sheet } from "./sheet";

const TITLE: Font = { weight: 600, size: 12 };
const SMALL: Font = { weight: 400, size: 10 };
const RAMP = { width: 208, height: 8, steps: 104 };
const KEY = { width: 16, height: 10 };

export const LEGEND_WIDTH = RAMP.width;

/** What the colours mean: a ramp with ticks, and the signs for what has no colour. Gives its height. */
export function drawLegend(sheet: Sheet, painter: Painter, theme: Theme, left: number, top: number, folds: boolean): number {
  const { colouring, scale } = painter;
  if (!colouring || !scale) return 0;
  const { palette } = sheet;
  sheet.begin("legend");
  sheet.write(colouring.label, { x: left, y: top + 8, font: TITLE, colour: palette.text });
  sheet.write(`${colouring.note}${colouring.note ? ", " : ""}${scale.kind}`, { x: left, y: top + 23, font: SMALL, colour: palette.text3 });
  const y = top + 34;
  for (let i = 0; i < RAMP.steps; i++) {
    const x = left + (i * RAMP.width) / RAMP.steps; // each reaches to the end, so that no seam shows
    sheet.box({ x, y, width: left + RAMP.width - x, height: RAMP.height }, 0, { fill: colourAt(i / (RAMP.steps - 1), theme, scale.map) });
  }
  drawTicks(sheet, painter, left, y + RAMP.height + 8);
  let below = y + RAMP.height + 26;
  below += drawKeys(sheet, painter, left, below);
  for (const line of remarks(painter, folds)) {
    sheet.write(line, { x: left, y: below, font: SMALL, colour: palette.text3 });
    below += 14;
  }
  return below - top;
}

/** Sentences that the numbers need to be read rightly. */
function remarks({ colouring, odd, scale }: Painter, folds: boolean): string[] {
  const lines: string[] = [];
  if (folds) lines.push("×N identical blocks: least · median · greatest; a strip shows each");
  if (odd.below > 0) lines.push(`${count(odd.below)} below ${colouring!.format(scale!.low)} in the lowest colour`);
  if (odd.above > 0) lines.push(`${count(odd.above)} above ${colouring!.format(scale!.high)} in the highest colour`);
  if (odd.nan > 0) lines.push(`NaN in ${count(odd.nan)} ${odd.nan === 1 ? "node" : "nodes"}, without a colour`);
  if (odd.infinite > 0) lines.push(`Inf in ${count(odd.infinite)} ${odd.infinite === 1 ? "node" : "nodes"}, without a colour`);
  if (colouring!.coverage) lines.push(colouring!.coverage);
  return lines;
}

function drawTicks(sheet: Sheet, { colouring, scale }: Painter, left: number, y: number): void {
  let free = -Infinity;
  for (const tick of scale!.ticks()) {
    const text = colouring!.format(tick);
    const width = measureText(text, SMALL);
    const x = left + Math.min(Math.max(0, RAMP.width * scale!.at(tick) - width / 2), RAMP.width - width);
    if (x < free) continue;
    sheet.write(text, { x, y, font: SMALL, colour: sheet.palette.text2 });
    free = x + width + 8;
  }
}

function drawKeys(sheet: Sheet, { colouring }: Painter, left: number, y: number): number {
  const { palette } = sheet;
  let x = left;
  for (const [text, hatched] of [[colouring!.without, false], ["not measured", true]] as const) {
    const key = { x: x + 0.5, y: y - KEY.height / 2, ...KEY };
    sheet.box(key, 2, { fill: palette.panel, stroke: hatched ? palette.control : palette.lineStrong, dash: hatched ? [3, 2] : [] });
    if (hatched) sheet.path(hatch(key, 2), { stroke: palette.control, line_width: 0.8 });
    x += KEY.width + 6;
    x += sheet.write(text, { x, y, font: SMALL, colour: palette.text2 }) + 14;
  }
  return 18;
}
