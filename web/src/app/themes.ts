/** Light or dark: what the system says, unless the person has chosen. */

import type { Theme } from "../model/palettes";

const KEY = "torchatlas-theme";

export function systemTheme(): Theme {
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function storedTheme(): Theme | null {
  const stored = withStorage(() => localStorage.getItem(KEY));
  return stored === "light" || stored === "dark" ? stored : null;
}

export function storeTheme(theme: Theme): void {
  withStorage(() => localStorage.setItem(KEY, theme));
}

/** A sandboxed frame has no storage. */
function withStorage<T>(act: () => T): T | null {
  try {
    return act();
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}
