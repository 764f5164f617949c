/** The tree of modules: the same nodes as the graph, for the keyboard and for screen readers. */

import { percent } from "../model/format";
import type { FoldIndex } from "../model/foldindex";
import { ROOT } from "../model/graph";
import { type OutlineRow, OutlineRows } from "../model/outlinerows";
import type { RunIndex } from "../model/run";
import type { Colouring } from "./colouring";
import { h, icon } from "./dom";

export interface OutlineActions {
  choose: (node: string) => void;
  opened: (node: string, open: boolean) => void;
}

const GLYPHS = { error: "▲", warning: "◆", info: "○" } as const;
const ROW_HEIGHT = 24;
/** Rows above and below the view that are kept in the page. */
const MARGIN_ROWS = 12;
/** Letters typed within this time are one word. */
const TYPING_MS = 700;

export class Outline {
  readonly tree = h("div", { class: "tree", role: "tree", "aria-label": "Modules" });
  private readonly space = h("div", { class: "tree-space", role: "presentation" });
  private readonly model: OutlineRows;
  private rows: OutlineRow[] = [];
  private readonly drawn = new Map<string, HTMLElement>();
  private selected: string | null = null;
  /** The row that the Tab key comes to. */
  private current = ROOT;
  private typed = "";
  private typedAt = 0;

  constructor(
    private readonly run: RunIndex,
    folds: FoldIndex,
    private readonly actions: OutlineActions,
  ) {
    this.model = new OutlineRows(run, folds);
    this.tree.append(this.space);
    this.tree.addEventListener("keydown", (event) => this.key(event));
    this.tree.addEventListener("scroll", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.tree);
    this.update();
  }

  select(id: string | null): void {
    this.selected = id === null ? null : this.model.listed(id);
    if (this.selected !== null) {
      this.model.reveal(this.selected);
      this.current = this.nearestListed(this.selected);
    }
    this.update();
    if (this.selected !== null) this.scrollTo(this.current);
  }

  setOpen(id: string, open: boolean): void {
    this.model.setOpen(id, open);
    this.update();
  }

  /** What is chosen may be an op, which is in no row of its own: the module around it is. */
  private nearestListed(id: string): string {
    const rows = new Set(this.model.rows(this.selected).map((row) => row.key));
    return [id, ...this.run.graph.ancestors(id)].find((key) => rows.has(key)) ?? ROOT;
  }

  private update(): void {
    const focused = this.tree.contains(document.activeElement);
    this.rows = this.model.rows(this.selected);
    if (!this.rows.some((row) => row.key === this.current)) this.current = ROOT;
    this.space.style.height = `${this.rows.length * ROW_HEIGHT}px`;
    for (const row of this.drawn.values()) row.remove();
    this.drawn.clear();
    this.draw();
    if (focused) this.drawn.get(this.current)?.focus({ preventScroll: true });
  }

  /** Only rows in or near the view are in the page, and the one that has the focus. */
  private draw(): void {
    const first = Math.floor(this.tree.scrollTop / ROW_HEIGHT) - MARGIN_ROWS;
    const last = first + Math.ceil((this.tree.clientHeight || 600) / ROW_HEIGHT) + 2 * MARGIN_ROWS;
    const wanted = new Map<string, number>();
    this.rows.forEach((row, at) => {
      if ((at >= first && at <= last) || row.key === this.current || at === 0) wanted.set(row.key, at);
    });
    for (const [key, row] of this.drawn)
      if (!wanted.has(key)) {
        row.remove();
        this.drawn.delete(key);
      }
    let before: Element | null = null;
    for (const [key, at] of wanted) {
      let row = this.drawn.get(key);
      if (!row) {
        row = this.row(this.rows[at]!, at);
        this.drawn.set(key, row);
        if (before) before.after(row);
        else this.space.prepend(row);
      }
      row.tabIndex = key === this.current ? 0 : -1;
      before = row;
    }
  }

  private row(row: OutlineRow, at: number): HTMLElement {
    const total = this.run.parameterCount(ROOT);
    const own = row.stands.reduce((sum, id) => sum + this.run.parameterCount(id), 0);
    const twist = h("span", { class: "tree-twist" }, row.openable && icon(row.open ? "open" : "closed"));
    const share = h("i", {});
    share.style.width = `${total ? Math.min(100, (100 * own) / total) : 0}%`;
    const worst = (["error", "warning", "info"] as const).find((severity) => row.stands.some((id) => this.run.worstOf(id) === severity));
    const isSelected = row.node !== null && row.node === this.nearest();
    const element = h(
      "div",
      {
        class: row.node === null ? "tree-row tree-fold" : "tree-row",
        role: "treeitem",
        tabindex: -1,
        "data-node": row.node,
        "data-key": row.key,
        "aria-level": row.level,
        "aria-setsize": row.siblings,
        "aria-posinset": row.position,
        "aria-selected": String(isSelected),
        "aria-expanded": row.openable ? String(row.open) : null,
        title: row.node ?? `${row.stands[0]} to ${row.stands.at(-1)}`,
      },
      ...guides(row.level),
      twist,
      h("span", { class: "tree-name" }, row.name),
      h("span", { class: "tree-type" }, row.detail),
      worst && h("span", { class: `tree-mark glyph ${worst}`, "aria-label": worst }, GLYPHS[worst]),
      h("span", { class: "tree-share" }, share),
      h("span", { class: "tree-value" }, own && total ? percent(Math.min(1, own / total)) : "–"),
    );
    element.style.top = `${at * ROW_HEIGHT}px`;
    element.style.paddingLeft = `${6 + 14 * (row.level - 1)}px`;
    element.addEventListener("click", (event) => {
      this.current = row.key;
      if (row.node === null || (row.openable && twist.contains(event.target as Node))) this.toggle(row);
      else this.actions.choose(row.node);
    });
    return element;
  }

  private nearest(): string | null {
    if (this.selected === null) return null;
    return this.rows.some((row) => row.key === this.selected) ? this.selected : this.current;
  }

  private toggle(row: OutlineRow): void {
    if (row.fold !== null) {
      this.model.setFoldOpen(row.fold, !row.open);
      if (!row.open) this.current = `fold ${row.fold} 0`;
      return this.update();
    }
    this.setOpen(row.key, !row.open);
    if (row.key !== ROOT) this.actions.opened(row.key, !row.open);
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.rows.findIndex((row) => row.key === this.current);
    const row = this.rows[at];
    if (!row) return;
    const go = (to: number) => this.move(Math.max(0, Math.min(this.rows.length - 1, to)));
    const page = Math.max(1, Math.floor(this.tree.clientHeight / ROW_HEIGHT) - 1);
    if (event.key === "ArrowDown") go(at + 1);
    else if (event.key === "ArrowUp") go(at - 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(this.rows.length - 1);
    else if (event.key === "PageDown") go(at + page);
    else if (event.key === "PageUp") go(at - page);
    else if (event.key === "ArrowRight") {
      if (row.openable && !row.open) this.toggle(row);
      else if (row.open) go(at + 1);
    } else if (event.key === "ArrowLeft") {
      if (row.openable && row.open) this.toggle(row);
      else {
        const parent = this.model.parentOf(row.key);
        if (parent !== null) go(this.rows.findIndex((other) => other.key === parent));
      }
    } else if (event.key === "Enter" || event.key === " ") {
      if (row.node === null || (row.openable && row.node === this.selected)) this.toggle(row);
      else this.actions.choose(row.node);
    } else if (event.key.length === 1 && event.key !== "/") this.typeAhead(event.key, at);
    else return;
    event.preventDefault();
  }

  /** The next row whose name begins with what was typed. */
  private typeAhead(letter: string, at: number): void {
    const now = performance.now();
    this.typed = now - this.typedAt < TYPING_MS ? this.typed + letter.toLowerCase() : letter.toLowerCase();
    this.typedAt = now;
    const from = this.typed.length > 1 ? at : at + 1;
    const order = this.rows.map((_, i) => (from + i) % this.rows.length);
    const found = order.find((i) => this.rows[i]!.name.toLowerCase().startsWith(this.typed));
    if (found !== undefined) this.move(found);
  }

  /** Focus follows, and a node is chosen as the focus comes to it; a run of members is not. */
  private move(at: number): void {
    const row = this.rows[at];
    if (!row) return;
    this.current = row.key;
    this.scrollTo(row.key);
    this.draw();
    this.drawn.get(row.key)?.focus({ preventScroll: true });
    if (row.node !== null) this.actions.choose(row.node);
  }

  private scrollTo(key: string): void {
    const at = this.rows.findIndex((row) => row.key === key);
    const [top, height] = [at * ROW_HEIGHT, this.tree.clientHeight];
    if (top < this.tree.scrollTop) this.tree.scrollTop = top;
    else if (top + ROW_HEIGHT > this.tree.scrollTop + height) this.tree.scrollTop = top + ROW_HEIGHT - height;
    this.draw();
  }
}

/** A fine line under each group that a row lies in. */
function guides(level: number): HTMLElement[] {
  return Array.from({ length: Math.max(0, level - 2) }, (_, i) => {
    const line = h("span", { class: "tree-guide", "aria-hidden": "true" });
    line.style.left = `${13 + 14 * (i + 1) - 1}px`;
    return line;
  });
}

/** The nodes with the highest value of what the graph is coloured by. */
export function topList(run: RunIndex, colouring: Colouring, selected: string | null, choose: (node: string) => void): HTMLElement {
  const { measure, scale } = colouring;
  const isSigned = scale.map === "diverging";
  const size = (value: number) => (Number.isFinite(value) ? (isSigned ? Math.abs(value) : value) : Infinity);
  const ranked = [...run.graph.nodes.values()]
    .filter((node) => (node.kind === "module" ? !run.graph.isOpenedByAll(node.id) && node.id !== ROOT : node.kind === "op"))
    .filter((node) => !(node.parent && run.graph.nodes.get(node.parent)?.atomic))
    .map((node) => [node.id, colouring.valueOf(node.id)] as const)
    .filter((entry): entry is readonly [string, number] => entry[1] !== null && size(entry[1]) > 0)
    .sort((a, b) => size(b[1]) - size(a[1]))
    .slice(0, 6);
  const item = ([id, value]: readonly [string, number]) => {
    const swatch = h("span", { class: "swatch" });
    swatch.style.background = colouring.colourOf(value);
    const name = h("span", { class: "mono" }, id);
    const button = h("button", { type: "button", title: id, "aria-current": id === selected ? "true" : null, click: () => choose(id) }, swatch, name, h("span", {}, colouring.text(value)));
    return h("li", {}, button);
  };
  const title = isSigned ? `Furthest from zero: ${measure.label.toLowerCase()}` : `Highest ${measure.label.toLowerCase().replace(/^(highest|largest) /, "")}`;
  return h("div", { class: "top-list" }, h("h2", {}, title), h("ol", {}, ...ranked.map(item)));
}
