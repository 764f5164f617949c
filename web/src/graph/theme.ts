import type { Font } from "../layout/label";

/** Colours and font of the drawing, from the page's custom properties. */
export interface Palette {
  canvas: string;
  panel: string;
  line: string;
  lineStrong: string;
  control: string;
  text: string;
  text2: string;
  text3: string;
  accent: string;
  /** Tints of open groups by depth 1, 2, and 3 or more. */
  groups: [string, string, string];
  groupBorder: string;
  edge: string;
  failed: string;
  gradient: string;
  family: string;
}

/** @throws Error when the page does not define a colour, with its name. */
export function readPalette(host: HTMLElement): Palette {
  const style = getComputedStyle(host);
  const read = (name: string): string => {
    const value = style.getPropertyValue(name).trim();
    if (!value) throw new Error(`the style sheet does not set ${name}, which the graph is drawn with`);
    return value;
  };
  return paletteFrom(read, read("--font-sans"));
}

/** The colours that the graph is drawn with, by the names that the style sheet gives them. */
export function paletteFrom(read: (name: string) => string, family: string): Palette {
  return {
    canvas: read("--canvas"),
    panel: read("--panel"),
    line: read("--line"),
    lineStrong: read("--line-strong"),
    control: read("--control"),
    text: read("--text"),
    text2: read("--text-2"),
    text3: read("--text-3"),
    accent: read("--accent"),
    groups: [read("--group-1"), read("--group-2"), read("--group-3")],
    groupBorder: read("--group-border"),
    edge: read("--edge"),
    failed: read("--severity-high"),
    gradient: read("--gradients"),
    family,
  };
}

/** The tint behind what stands at this depth: the canvas itself at 0. */
export function tintAt(palette: Palette, depth: number): string {
  return depth < 1 ? palette.canvas : palette.groups[Math.min(depth, 3) - 1]!;
}

export function cssFont(font: Font, family: string): string {
  return `${font.weight} ${font.size}px ${family}`;
}

/** Black or white text, whichever has the higher WCAG contrast on this `#rrggbb`, `#rgb` or `rgb()`. */
export function inkOn(colour: string): string {
  return luminance(channels(colour)) > 0.179 ? "#000" : "#fff";
}

/** An opaque colour between two: `share` of the first and the rest of the second. */
export function mixColours(first: string, second: string, share: number): string {
  const [a, b] = [channels(first), channels(second)];
  const mixed = a.map((value, i) => Math.round(value * share + b[i]! * (1 - share)));
  return `rgb(${mixed.join(" ")})`;
}

function channels(colour: string): number[] {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(colour)?.[1];
  if (hex) {
    const full = hex.length === 3 ? [...hex].map((digit) => digit + digit).join("") : hex;
    return [0, 2, 4].map((i) => Number.parseInt(full.slice(i, i + 2), 16));
  }
  const rgb = /^rgba?\(\s*([\d.]+)[\s,]+([\d.]+)[\s,]+([\d.]+)/.exec(colour);
  if (!rgb) throw new Error(`${JSON.stringify(colour)} is not a colour of the form #rrggbb or rgb(r g b)`);
  return rgb.slice(1, 4).map(Number);
}

function luminance(rgb: number[]): number {
  const [r = 0, g = 0, b = 0] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
