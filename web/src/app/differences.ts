/** The colours and signs of what was added, removed, changed and moved. */

import type { Paint } from "../graph";
import { count } from "../model/format";
import { DIFFERENCE_KINDS, type DifferenceKind, GLYPHS, type RunPair, type Side } from "../model/comparison";
import type { Theme } from "../model/palettes";
import { h } from "./dom";

/** The name under which it stands among the measures. */
export const DIFFERENCES = "differences";

/** Ground and sign of each kind: told apart by its sign first, and by hue and lightness. */
const COLOURS: Record<Theme, Record<DifferenceKind, { fill: string; sign: string }>> = {
  light: {
    added: { fill: "#cfe9dd", sign: "#14795a" },
    removed: { fill: "#f6d5d1", sign: "#b3261e" },
    changed: { fill: "#f3dfc1", sign: "#96560a" },
    moved: { fill: "#d7e0f0", sign: "#4a6380" },
  },
  dark: {
    added: { fill: "#16392e", sign: "#5fd0a5" },
    removed: { fill: "#4a211d", sign: "#ff8a7a" },
    changed: { fill: "#43331a", sign: "#f0b350" },
    moved: { fill: "#222f44", sign: "#94aecb" },
  },
};

export function paintDifference(pair: RunPair, side: Side, id: string, theme: Theme): Paint {
  const { kind, inside } = pair.of(id, side);
  if (kind) {
    const { fill, sign } = COLOURS[theme][kind];
    return { fill, state: "value", mark: { sign: GLYPHS[kind], colour: sign } };
  }
  if (inside) return { fill: null, state: "none", mark: { sign: inside > 99 ? "99+" : String(inside), colour: COLOURS[theme].changed.sign } };
  return { fill: null, state: "none" };
}

/** The sign of a kind in its colour, with its name for those who do not see it. */
export function differenceSign(kind: DifferenceKind): HTMLElement {
  return h("span", { class: `diff-sign ${kind}`, role: "img", "aria-label": kind }, GLYPHS[kind]);
}

export function differenceLegend(pair: RunPair, first: string): HTMLElement[] {
  const amounts = (kind: DifferenceKind) => pair.differences.filter((row) => row.kind === kind).length;
  return [
    h("div", { class: "legend-title" }, "Differences"),
    h("div", { class: "faint legend-note" }, `${pair.name} held against ${first}`),
    h("div", { class: "legend-keys diff-keys" }, ...DIFFERENCE_KINDS.map((kind) => h("span", {}, differenceSign(kind), `${kind} (${count(amounts(kind))})`))),
    h("div", { class: "legend-coverage faint" }, "A number on a closed group: how many nodes in it differ."),
  ];
}
