/** The outline as a flat list of rows: modules, and runs of folded ones as one row. */

import type { FoldIndex, FoldMembers } from "./foldindex";
import { namesOf } from "./foldindex";
import { ROOT } from "./graph";
import type { RunIndex } from "./run";

export interface OutlineRow {
  /** The node's id, or a name that no node has for a run of members. */
  key: string;
  /** Null for a run of members. */
  node: string | null;
  level: number;
  openable: boolean;
  open: boolean;
  /** Place among its siblings, from 1, and how many there are. */
  position: number;
  siblings: number;
  /** Of a run of members: what is written on it, the nodes that it stands for, and its fold. */
  name: string;
  detail: string;
  stands: readonly string[];
  fold: string | null;
}

type Item = { node: string } | { fold: FoldMembers; from: number; to: number; whole: boolean };

export class OutlineRows {
  private readonly open = new Set<string>([ROOT]);
  private readonly openFolds = new Set<string>();
  private readonly parents = new Map<string, string>();

  constructor(
    private readonly run: RunIndex,
    private readonly folds: FoldIndex,
  ) {}

  isOpen(key: string): boolean {
    return this.open.has(key);
  }

  /** Open or close a module; the groups around it stay as they are. */
  setOpen(id: string, open: boolean): void {
    if (open) this.open.add(id);
    else this.open.delete(id);
  }

  /** List the members of a fold one by one, or as runs. */
  setFoldOpen(fold: string, open: boolean): void {
    if (open) this.openFolds.add(fold);
    else this.openFolds.delete(fold);
  }

  /** Open what is around a node. */
  reveal(id: string): void {
    for (const ancestor of this.run.graph.ancestors(id)) this.open.add(ancestor);
    this.open.add(ROOT);
  }

  /** Ops inside a torch.nn module are not listed: their module stands for them, as ops' groups do. */
  listed(id: string): string {
    if (this.run.backward?.isStep(id)) return this.run.backward.graph.parent(id) ?? ROOT;
    if (!this.run.graph.has(id)) return ROOT;
    const parent = this.run.graph.nodes.get(id)?.parent;
    return parent && this.run.graph.nodes.get(parent)?.atomic ? parent : id;
  }

  isOpenable(id: string): boolean {
    return (id === ROOT || this.run.graph.isOpenedByAll(id)) && this.run.graph.children(id).some((child) => this.isListed(child));
  }

  /** Row of the group or run around a row; null for the model itself. */
  parentOf(key: string): string | null {
    return this.parents.get(key) ?? null;
  }

  /** Every row that is seen, in order, with the members around the chosen node by themselves. */
  rows(selected: string | null): OutlineRow[] {
    const around = new Set(selected === null ? [] : [selected, ...this.run.graph.ancestors(selected)]);
    const rows: OutlineRow[] = [];
    this.parents.clear();
    if (!this.run.graph.has(ROOT)) return rows;
    rows.push(this.nodeRow(ROOT, 1, 1, 1));
    const waiting: { items: Item[]; at: number; level: number; parent: string }[] = [];
    const enter = (items: Item[], level: number, parent: string) => waiting.push({ items, at: 0, level, parent });
    if (this.open.has(ROOT)) enter(this.itemsIn(ROOT, around), 2, ROOT);
    while (waiting.length) {
      const frame = waiting.at(-1)!;
      if (frame.at >= frame.items.length) {
        waiting.pop();
        continue;
      }
      const item = frame.items[frame.at++]!;
      const row =
        "node" in item
          ? this.nodeRow(item.node, frame.level, frame.at, frame.items.length)
          : this.foldRow(item, frame.level, frame.at, frame.items.length);
      this.parents.set(row.key, frame.parent);
      rows.push(row);
      if (!row.open) continue;
      if ("node" in item) enter(this.itemsIn(item.node, around), frame.level + 1, row.key);
      else enter(item.fold.members.flat().filter((id) => this.isListed(id)).map((node) => ({ node })), frame.level + 1, row.key);
    }
    return rows;
  }

  private itemsIn(group: string, around: ReadonlySet<string>): Item[] {
    const inFold = new Map<string, FoldMembers>();
    for (const fold of this.folds.inside(group)) for (const node of fold.members.flat()) inFold.set(node, fold);
    const items: Item[] = [];
    const done = new Set<FoldMembers>();
    for (const child of this.run.graph.children(group)) {
      if (!this.isListed(child)) continue;
      const fold = inFold.get(child);
      if (!fold) items.push({ node: child });
      else if (!done.has(fold)) {
        done.add(fold);
        items.push(...this.foldItems(fold, around));
      }
    }
    return items;
  }

  /** A fold as runs on both sides of the member around the chosen node. */
  private foldItems(fold: FoldMembers, around: ReadonlySet<string>): Item[] {
    const last = fold.members.length - 1;
    if (this.openFolds.has(fold.id)) return [{ fold, from: 0, to: last, whole: true }];
    const chosen = fold.members.findIndex((member) => member.some((node) => around.has(node)));
    if (chosen < 0) return this.runOf(fold, 0, last);
    const alone = this.listedIn(fold, chosen, chosen).map((node) => ({ node }));
    return [...this.runOf(fold, 0, chosen - 1), ...alone, ...this.runOf(fold, chosen + 1, last)];
  }

  /** Two members or fewer stand by themselves: a run of them would save no row. */
  private runOf(fold: FoldMembers, from: number, to: number): Item[] {
    const listed = this.listedIn(fold, from, to);
    if (listed.length < 3) return listed.map((node) => ({ node }));
    return [{ fold, from, to, whole: false }];
  }

  private listedIn(fold: FoldMembers, from: number, to: number): string[] {
    return fold.members.slice(from, to + 1).flat().filter((id) => this.isListed(id));
  }

  private nodeRow(id: string, level: number, position: number, siblings: number): OutlineRow {
    const node = this.run.graph.nodes.get(id)!;
    const openable = this.isOpenable(id);
    const name = id === ROOT ? this.run.run.name : node.name;
    return { key: id, node: id, level, openable, open: openable && this.open.has(id), position, siblings, name, detail: node.type, stands: [id], fold: null };
  }

  private foldRow(item: Extract<Item, { fold: FoldMembers }>, level: number, position: number, siblings: number): OutlineRow {
    const { fold, from, to, whole } = item;
    const names = namesOf(fold);
    return {
      key: `fold ${fold.id} ${from}`,
      node: null,
      level,
      openable: true,
      open: whole,
      position,
      siblings,
      name: `${names[from]} – ${names[to]}`,
      detail: whole ? `${to - from + 1} alike` : `${to - from + 1} folded`,
      stands: this.listedIn(fold, from, to),
      fold: fold.id,
    };
  }

  private isListed(id: string): boolean {
    const kind = this.run.graph.nodes.get(id)!.kind;
    return kind === "module" || kind === "parameter";
  }
}
