import type { DrawnGraph } from "../model/drawn";
import { ROOT } from "../model/graph";

/** So many boxes can be read on a page; fewer levels are opened if there would be more. */
export const READABLE = 90;

/** Which groups are open, and how many levels of them. */
export interface Opened {
  /** Drawn ids. */
  groups: Set<string>;
  depth: number;
  /** The level that would open everything but single layers. */
  deepest: number;
}

/**
 * Opens groups down to a depth: 0 opens none, "all" every one but single layers, null as many
 * levels as leave the drawing readable. `expand` names groups that are opened beside those.
 */
export function openGroups(drawn: DrawnGraph, depth: number | "all" | null, expand: readonly string[]): Opened {
  const { index } = drawn;
  const levels = levelsOf(drawn);
  const deepest = Math.max(0, ...levels.values());
  let chosen = depth === "all" ? deepest : depth;
  if (chosen === null) {
    chosen = 0;
    while (chosen < deepest && boxes(drawn, levels, chosen + 1) <= READABLE) chosen++;
  }
  const groups = openedAt(levels, chosen);
  for (const id of expand) {
    if (!drawn.source.has(id)) continue;
    const shown = drawn.drawn(id);
    const inside = drawn.folds.has(shown) ? drawn.nodesOf(shown) : [];
    for (const group of [shown, ...inside, ...index.ancestors(shown)]) if (index.isGroup(group)) groups.add(group);
  }
  return { groups, depth: Math.min(chosen, deepest), deepest };
}

/**
 * The level of every group that is no single layer. A fold opens together with its member, and one whose
 * members are several nodes with what is around it.
 */
function levelsOf({ index, folds }: DrawnGraph): Map<string, number> {
  const levels = new Map<string, number>([[ROOT, 0]]);
  for (const id of index.groups()) {
    const parent = index.parent(id) ?? ROOT;
    const around = levels.get(parent);
    if (around === undefined || !index.isOpenedByAll(id)) continue;
    const isStretch = (folds.get(id)?.fold.members[0]!.length ?? 1) > 1;
    const outer = folds.get(parent);
    const isMember = outer !== undefined && !outer.inline && outer.fold.members[0]!.length === 1;
    levels.set(id, around + (isStretch || isMember ? 0 : 1));
  }
  levels.delete(ROOT);
  return levels;
}

function openedAt(levels: ReadonlyMap<string, number>, depth: number): Set<string> {
  return new Set([...levels].filter(([, level]) => level <= depth).map(([id]) => id));
}

function boxes({ index }: DrawnGraph, levels: ReadonlyMap<string, number>, depth: number): number {
  const open = openedAt(levels, depth);
  return index.visible(open).filter((id) => !open.has(id)).length;
}
