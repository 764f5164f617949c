/** The one colour of each role, everywhere the same. */

import type { Line } from "../generated/document";

type Role = Line["role"];

const TOKENS: Partial<Record<Role, string>> = { test: "accent", neutral: "control" };

/** Colour of a role as a reference to the theme's token, for anything that CSS draws. */
export function tokenOfRole(role: Role): string {
  return `var(--${TOKENS[role] ?? role})`;
}

/** Colour of a role in the theme that is shown, for canvases. */
export function colourOfRole(role: Role): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${TOKENS[role] ?? role}`).trim();
}
