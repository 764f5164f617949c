/** The colours of charts by name, in both themes: for canvases, for files and for paper. */

import { colourAt } from "../model/measures";

export type Theme = "light" | "dark";

/** Name of a colour: a token, a role, `map:0.4` on the sequential map, `two:0.4` on the diverging one, or "none". */
export type Ink = string;

const LIGHT = {
  panel: "#fff", sunk: "#eef1f5", line: "#e2e6ec", "line-strong": "#c4cad3", control: "#8a93a1",
  text: "#14181f", "text-2": "#454d5a", "text-3": "#5b6472", accent: "#2f55cf", "severity-high": "#b3261e",
  weights: "#3a66a8", activations: "#14795a", gradients: "#9a5a1e", updates: "#57307f", train: "#454d5a",
  "class-conv": "#2563b0", "class-norm": "#c98a1b", "class-elementwise": "#2a9d78",
  "class-linear": "#a83a14", "class-pool": "#57307f", "class-host": "#8a93a1",
} as const;

const DARK: Record<keyof typeof LIGHT, string> = {
  panel: "#14171c", sunk: "#1b1f26", line: "#262b33", "line-strong": "#3a414d", control: "#5f6876",
  text: "#e8ebf0", "text-2": "#b3bac6", "text-3": "#8b94a3", accent: "#8fb0ff", "severity-high": "#ff8a7a",
  weights: "#7fb0f2", activations: "#4cc3a0", gradients: "#f0a060", updates: "#c9a7f0", train: "#b3bac6",
  "class-conv": "#5b9bf0", "class-norm": "#f2c45e", "class-elementwise": "#3fb995",
  "class-linear": "#ea7046", "class-pool": "#dccbf7", "class-host": "#8b94a3",
};

export const TOKENS: Record<Theme, Record<keyof typeof LIGHT, string>> = { light: LIGHT, dark: DARK };

/** The colour of an ink as `#rrggbb`. */
export function colourOf(ink: Ink, theme: Theme): string {
  if (ink === "none") return "none";
  if (ink === "black" || ink === "white") return ink === "black" ? "#000" : "#fff"; // on colours of the map
  if (ink.startsWith("map:") || ink.startsWith("two:")) return mapped(ink, theme);
  const colour = (TOKENS[theme] as Record<string, string>)[ink];
  if (!colour) throw new Error(`charts have no colour called ${ink}`);
  return colour;
}

const mixed = new Map<string, string>();

/** A colour of a map; a matrix asks for the same few again and again. */
function mapped(ink: Ink, theme: Theme): string {
  const key = `${theme}${ink}`;
  const colour = mixed.get(key) ?? colourAt(Number(ink.slice(4)), theme, ink.startsWith("two:") ? "diverging" : "sequential");
  mixed.set(key, colour);
  return colour;
}

/** The theme that the page shows now. */
export function themeShown(): Theme {
  return document.documentElement.dataset["theme"] === "dark" ? "dark" : "light";
}
