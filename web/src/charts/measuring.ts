/** Widths of texts in the font that the page has, for pictures that are laid out for the screen. */

import { measureWith } from "./picture";

const SIZE = 100;
const MOST_KEPT = 20_000;

/** Have pictures measured with the page's font from now on. */
export function measureOnPage(): void {
  const context = document.createElement("canvas").getContext("2d");
  if (!context) return;
  const family = getComputedStyle(document.documentElement).getPropertyValue("--font-sans").trim();
  const kept = new Map<string, number>();
  measureWith((text, bold) => {
    const key = `${bold ? "b" : "r"}${text}`;
    let ems = kept.get(key);
    if (ems === undefined) {
      if (kept.size > MOST_KEPT) kept.clear();
      context.font = `${bold ? 600 : 400} ${SIZE}px ${family}`;
      ems = context.measureText(text).width / SIZE;
      kept.set(key, ems);
    }
    return ems;
  });
}
