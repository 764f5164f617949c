import tokens from "../styles/tokens.css?raw";
import { paletteFrom, type Palette } from "../graph/theme";
import type { Theme } from "./drawing";

/** The viewer's colours of a theme, read from its style sheet. @throws Error naming one that is missing. */
export function paletteOf(theme: Theme): Palette {
  const values = new Map<string, string>();
  for (const [, selector, body] of tokens.matchAll(/(:root[^{]*)\{([^}]*)\}/g)) {
    if (/data-theme/.test(selector!) && !selector!.includes(`"${theme}"`)) continue;
    for (const [, name, value] of body!.matchAll(/(--[\w-]+)\s*:\s*([^;]+);/g)) values.set(name!, value!.trim());
  }
  const read = (name: string): string => {
    const value = values.get(name);
    if (!value) throw new Error(`tokens.css does not set ${name} in the ${theme} theme`);
    return asHex(value);
  };
  return paletteFrom(read, "Inter");
}

/** `#fff` and `rgb(1 2 3)` as `#rrggbb`. */
export function asHex(colour: string): string {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(colour);
  if (short) return `#${short.slice(1).map((digit) => digit + digit).join("")}`;
  const rgb = /^rgb\((\d+)[ ,]+(\d+)[ ,]+(\d+)\)$/.exec(colour);
  if (!rgb) return colour;
  return `#${rgb.slice(1).map((part) => Number(part).toString(16).padStart(2, "0")).join("")}`;
}
