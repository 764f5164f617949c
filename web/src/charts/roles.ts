/** The one colour of each role, everywhere the same, and the shape of its points. */

import type { Line } from "../generated/document";
import { type Ink, colourOf, themeShown } from "./palette";

export type Role = Line["role"];
export type Symbol = "circle" | "square" | "triangle" | "cross" | "diamond" | "dash";

const INKS: Partial<Record<Role, Ink>> = {
  test: "accent",
  neutral: "control",
  conv: "class-conv",
  norm: "class-norm",
  elementwise: "class-elementwise",
  linear: "class-linear",
  pool: "class-pool",
  host: "class-host",
};

const SYMBOLS: Partial<Record<Role, Symbol>> = {
  norm: "square",
  elementwise: "triangle",
  linear: "cross",
  pool: "diamond",
  host: "dash",
};

export function inkOfRole(role: Role): Ink {
  return INKS[role] ?? role;
}

/** Shape of a role's points: classes of nodes are never told apart by hue alone. */
export function symbolOfRole(role: Role): Symbol {
  return SYMBOLS[role] ?? "circle";
}

/** Colour of a role as a reference to the theme's token, for anything that CSS draws. */
export function tokenOfRole(role: Role): string {
  return `var(--${inkOfRole(role)})`;
}

/** Colour of a role in the theme that is shown, for canvases. */
export function colourOfRole(role: Role): string {
  return colourOf(inkOfRole(role), themeShown());
}
