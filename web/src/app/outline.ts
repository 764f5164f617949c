/** The tree of modules: the same nodes as the graph, for the keyboard and for screen readers. */

import { percent } from "../model/format";
import type { Measure } from "../model/measures";
import { ROOT } from "../model/graph";
import type { RunIndex } from "../model/run";
import { h, icon } from "./dom";

export interface OutlineActions {
  choose: (node: string) => void;
  opened: (node: string, open: boolean) => void;
}

const GLYPHS = { error: "▲", warning: "◆", info: "○" } as const;

export class Outline {
  readonly tree = h("div", { class: "tree", role: "tree", "aria-label": "Modules" });
  private readonly open = new Set<string>([ROOT]);
  private selected: string | null = null;

  constructor(
    private readonly run: RunIndex,
    private readonly actions: OutlineActions,
  ) {
    this.tree.addEventListener("keydown", (event) => this.key(event));
    this.render();
  }

  select(id: string | null): void {
    this.selected = id === null ? null : this.listed(id);
    if (this.selected !== null)
      for (const ancestor of this.run.graph.ancestors(this.selected)) this.open.add(ancestor);
    this.render();
    this.rowOf(this.selected)?.scrollIntoView({ block: "nearest" });
  }

  setOpen(id: string, open: boolean): void {
    if (open) this.open.add(id);
    else this.open.delete(id);
    this.render();
  }

  /** Ops inside a torch.nn module are not listed: their module stands for them. */
  private listed(id: string): string {
    if (this.run.backward?.isStep(id)) return this.run.backward.graph.parent(id) ?? ROOT;
    const parent = this.run.graph.nodes.get(id)?.parent;
    return parent && this.run.graph.nodes.get(parent)?.atomic ? parent : id;
  }

  private isOpenable(id: string): boolean {
    return (id === ROOT || this.run.graph.isOpenedByAll(id)) && this.run.graph.children(id).length > 0;
  }

  private render(): void {
    const focused = this.tree.contains(document.activeElement);
    const rows: HTMLElement[] = [];
    const stack: [string, number][] = this.run.graph.nodes.get(ROOT) ? [[ROOT, 0]] : [];
    while (stack.length) {
      const [id, depth] = stack.pop()!;
      rows.push(this.row(id, depth));
      if (!this.isOpenable(id) || !this.open.has(id)) continue;
      const children = this.run.graph.children(id).filter((child) => this.isListed(child));
      for (let i = children.length - 1; i >= 0; i--) stack.push([children[i]!, depth + 1]);
    }
    this.tree.replaceChildren(...rows);
    const current = this.rowOf(this.selected) ?? rows[0];
    if (current) current.tabIndex = 0;
    if (focused) current?.focus();
  }

  private isListed(id: string): boolean {
    const kind = this.run.graph.nodes.get(id)!.kind;
    return kind === "module" || kind === "parameter";
  }

  private row(id: string, depth: number): HTMLElement {
    const node = this.run.graph.nodes.get(id)!;
    const total = this.run.parameterCount(ROOT);
    const own = this.run.parameterCount(id);
    const openable = this.isOpenable(id);
    const twist = h("span", { class: "tree-twist" }, openable && icon(this.open.has(id) ? "open" : "closed"));
    const share = h("i", {});
    share.style.width = `${total ? (100 * own) / total : 0}%`;
    const worst = (["error", "warning", "info"] as const).find((severity) =>
      this.run.findingsOf(id).some((finding) => finding.severity === severity),
    );
    const row = h(
      "div",
      {
        class: "tree-row",
        role: "treeitem",
        tabindex: -1,
        "data-node": id,
        "aria-level": depth + 1,
        "aria-selected": String(id === this.selected),
        "aria-expanded": openable ? String(this.open.has(id)) : null,
        title: id,
      },
      twist,
      h("span", { class: "tree-name" }, id === ROOT ? this.run.run.name : node.name),
      h("span", { class: "tree-type" }, node.type),
      worst && h("span", { class: `tree-mark glyph ${worst}`, "aria-label": worst }, GLYPHS[worst]),
      h("span", { class: "tree-share" }, share),
      h("span", { class: "tree-value" }, own && total ? percent(own / total) : "–"),
    );
    row.style.paddingLeft = `${6 + 14 * depth}px`;
    row.addEventListener("click", (event) => {
      if (openable && twist.contains(event.target as Node)) this.toggle(id);
      else this.actions.choose(id);
    });
    return row;
  }

  private toggle(id: string): void {
    const open = !this.open.has(id);
    this.setOpen(id, open);
    if (id !== ROOT) this.actions.opened(id, open);
  }

  private rowOf(id: string | null): HTMLElement | undefined {
    return [...this.tree.children].find((row) => (row as HTMLElement).dataset["node"] === id) as HTMLElement | undefined;
  }

  private key(event: KeyboardEvent): void {
    const rows = [...this.tree.children] as HTMLElement[];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const id = rows[at]?.dataset["node"];
    if (id === undefined) return;
    const go = (row: HTMLElement | undefined) => row?.dataset["node"] !== undefined && this.move(row);
    if (event.key === "ArrowDown") go(rows[at + 1]);
    else if (event.key === "ArrowUp") go(rows[at - 1]);
    else if (event.key === "Home") go(rows[0]);
    else if (event.key === "End") go(rows.at(-1));
    else if (event.key === "ArrowRight" && this.isOpenable(id)) {
      if (this.open.has(id)) go(rows[at + 1]);
      else this.toggle(id);
    } else if (event.key === "ArrowLeft") {
      if (this.isOpenable(id) && this.open.has(id)) this.toggle(id);
      else go(this.rowOf(this.run.graph.nodes.get(id)?.parent ?? null));
    } else if (event.key === "Enter" || event.key === " ") this.actions.choose(id);
    else return;
    event.preventDefault();
  }

  private move(row: HTMLElement): void {
    for (const other of this.tree.children) (other as HTMLElement).tabIndex = -1;
    row.tabIndex = 0;
    row.focus();
    this.actions.choose(row.dataset["node"]!);
  }
}

/** The nodes with the highest value of what the graph is coloured by. */
export function topList(run: RunIndex, measure: Measure, colour: (value: number) => string, choose: (node: string) => void): HTMLElement {
  const ranked = [...run.graph.nodes.values()]
    .filter((node) => (node.kind === "module" ? !run.graph.isOpenedByAll(node.id) && node.id !== ROOT : node.kind === "op"))
    .filter((node) => !(node.parent && run.graph.nodes.get(node.parent)?.atomic))
    .map((node) => [node.id, measure.value(node.id)] as const)
    .filter((entry): entry is readonly [string, number] => entry[1] !== null && entry[1] > 0)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 6);
  const item = ([id, value]: readonly [string, number]) => {
    const swatch = h("span", { class: "swatch" });
    swatch.style.background = colour(value);
    const name = h("span", { class: "mono" }, id);
    return h("li", {}, h("button", { type: "button", title: id, click: () => choose(id) }, swatch, name, h("span", {}, measure.format(value))));
  };
  return h("div", { class: "top-list" }, h("h2", {}, `Highest ${measure.label.toLowerCase()}`), h("ol", {}, ...ranked.map(item)));
}
