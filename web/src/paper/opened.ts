import { ROOT } from "../model/graph";
import type { Folded } from "./fold";

/** So many boxes can be read on a page; fewer levels are opened if there would be more. */
export const READABLE = 90;

/** Which groups are open, and how many levels of them. */
export interface Opened {
  groups: Set<string>;
  depth: number;
  /** The level that would open everything but single layers. */
  deepest: number;
}

/**
 * Opens groups down to a depth: 0 opens none, "all" every one but single layers, null as many
 * levels as leave the drawing readable. `expand` names groups that are opened beside those.
 */
export function openGroups(folded: Folded, depth: number | "all" | null, expand: readonly string[]): Opened {
  const levels = levelsOf(folded);
  const deepest = Math.max(0, ...levels.values());
  let chosen = depth === "all" ? deepest : depth;
  if (chosen === null) {
    chosen = 0;
    while (chosen < deepest && boxes(folded, levels, chosen + 1) <= READABLE) chosen++;
  }
  const groups = openedAt(levels, chosen);
  for (const id of expand) {
    const shown = folded.shown(id);
    if (!folded.index.has(shown)) continue;
    for (const group of [shown, ...folded.index.ancestors(shown)]) if (folded.index.isGroup(group)) groups.add(group);
  }
  return { groups, depth: Math.min(chosen, deepest), deepest };
}

/** The level of every group that is no single layer. Groups made by folding open with what is around them. */
function levelsOf({ index, made }: Folded): Map<string, number> {
  const levels = new Map<string, number>([[ROOT, 0]]);
  for (const id of index.groups()) {
    const around = levels.get(index.parent(id) ?? ROOT);
    if (around === undefined || !index.isOpenedByAll(id)) continue;
    levels.set(id, around + (made.has(id) ? 0 : 1));
  }
  levels.delete(ROOT);
  return levels;
}

function openedAt(levels: ReadonlyMap<string, number>, depth: number): Set<string> {
  return new Set([...levels].filter(([, level]) => level <= depth).map(([id]) => id));
}

function boxes({ index }: Folded, levels: ReadonlyMap<string, number>, depth: number): number {
  const open = openedAt(levels, depth);
  return index.visible(open).filter((id) => !open.has(id)).length;
}
