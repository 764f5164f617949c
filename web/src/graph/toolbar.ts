import type { Side } from "../model/reach";

/** What the toolbar shows of the graph, and asks of it. */
export interface ToolbarGraph {
  readonly foldsEqualBlocks: boolean;
  readonly hidesTrivial: boolean;
  readonly hasFolds: boolean;
  readonly highlighted: Side | null;
  readonly hasSelection: boolean;
  depths(): { shown: number; deepest: number };
  expandToDepth(depth: number): void;
  setFolding(on: boolean): void;
  setHiding(on: boolean): void;
  highlight(side: Side | null): void;
  zoomToSelection(): void;
}

/** How deep the graph is open, and a list of what else can be shown of it. */
export class Toolbar {
  readonly element = document.createElement("div");
  private readonly depth = document.createElement("span");
  private readonly less: HTMLButtonElement;
  private readonly more: HTMLButtonElement;
  private readonly list = document.createElement("div");
  private readonly opener: HTMLButtonElement;
  private readonly folding: HTMLButtonElement;
  private readonly hiding: HTMLButtonElement;
  private readonly sides: Record<Side, HTMLButtonElement>;
  private readonly zoom: HTMLButtonElement;
  private readonly listening = new AbortController();

  constructor(private readonly graph: ToolbarGraph) {
    this.element.className = "graph-tools";
    this.less = button("−", "Show one level less", () => this.step(-1));
    this.more = button("+", "Show one level more", () => this.step(1));
    const depth = group("graph-depth", this.less, this.depth, this.more);
    depth.setAttribute("role", "group");
    depth.setAttribute("aria-label", "Depth");
    this.folding = option("Fold equal blocks", "neighbours of one structure are drawn as one stack", "f", () => graph.setFolding(!graph.foldsEqualBlocks));
    this.hiding = option("Hide views and reshapes", "ops that only look at a tensor in another way", "v", () => graph.setHiding(!graph.hidesTrivial));
    this.sides = {
      upstream: option("Highlight upstream", "all that the selected node depends on", "u", () => this.turnSide("upstream")),
      downstream: option("Highlight downstream", "all that depends on the selected node", "d", () => this.turnSide("downstream")),
    };
    this.zoom = option("Zoom to selection", "", "z", () => graph.zoomToSelection());
    this.zoom.setAttribute("role", "menuitem");
    this.opener = button("View", "What is shown of the graph", () => this.setOpen(this.list.hidden !== false));
    this.opener.className = "graph-view";
    this.opener.setAttribute("aria-haspopup", "menu");
    this.list.className = "graph-menu graph-view-list";
    this.list.setAttribute("role", "menu");
    this.list.setAttribute("aria-label", "What is shown of the graph");
    this.list.append(this.folding, this.hiding, this.sides.upstream, this.sides.downstream, this.zoom);
    this.list.addEventListener("keydown", (event) => this.press(event));
    document.body.append(this.list);
    this.element.append(depth, this.opener);
    const { signal } = this.listening;
    document.addEventListener("pointerdown", (event) => this.leave(event), { signal });
    addEventListener("resize", () => this.setOpen(false), { signal });
    this.setOpen(false);
  }

  /** Shows how the graph is drawn now. */
  update(): void {
    const { graph } = this;
    const { shown, deepest } = graph.depths();
    this.depth.textContent = `depth ${shown}`;
    this.less.disabled = shown <= 1;
    this.more.disabled = shown >= deepest;
    check(this.folding, graph.foldsEqualBlocks, !graph.hasFolds);
    check(this.hiding, graph.hidesTrivial, false);
    for (const side of ["upstream", "downstream"] as const) {
      check(this.sides[side], graph.highlighted === side, !graph.hasSelection && graph.highlighted !== side);
    }
    this.zoom.disabled = !graph.hasSelection;
    this.opener.toggleAttribute("data-changed", graph.hidesTrivial || graph.highlighted !== null || (graph.hasFolds && !graph.foldsEqualBlocks));
  }

  destroy(): void {
    this.listening.abort();
    this.list.remove();
    this.element.remove();
  }

  private step(by: 1 | -1): void {
    this.graph.expandToDepth(this.graph.depths().shown + by);
  }

  private turnSide(side: Side): void {
    this.graph.highlight(this.graph.highlighted === side ? null : side);
  }

  private setOpen(open: boolean): void {
    this.list.hidden = !open;
    this.opener.setAttribute("aria-expanded", String(open));
    if (!open) return;
    const { right, bottom } = this.opener.getBoundingClientRect();
    this.list.style.left = `${Math.max(8, right - this.list.offsetWidth)}px`;
    this.list.style.top = `${bottom + 4}px`;
    this.options()[0]?.focus();
  }

  private leave(event: Event): void {
    const at = event.target as Node;
    if (!this.list.hidden && !this.list.contains(at) && !this.opener.contains(at)) this.setOpen(false);
  }

  private options(): HTMLButtonElement[] {
    return [...this.list.querySelectorAll("button")].filter((row) => !row.disabled);
  }

  private press(event: KeyboardEvent): void {
    const rows = this.options();
    const at = rows.indexOf(document.activeElement as HTMLButtonElement);
    if (event.key === "ArrowDown") rows[(at + 1) % rows.length]?.focus();
    else if (event.key === "ArrowUp") rows[(at + rows.length - 1) % rows.length]?.focus();
    else if (event.key === "Escape") {
      this.setOpen(false);
      this.opener.focus();
    } else if (event.key === "Tab") return this.setOpen(false);
    else return;
    event.preventDefault();
  }
}

function button(text: string, label: string, act: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.title = label;
  if (text.length < 2) made.setAttribute("aria-label", label);
  made.addEventListener("click", act);
  return made;
}

function option(text: string, note: string, key: string, act: () => void): HTMLButtonElement {
  const made = button("", text, act);
  made.setAttribute("role", "menuitemcheckbox");
  made.setAttribute("aria-label", text);
  made.title = note;
  const [mark, words, sign] = [document.createElement("i"), document.createElement("span"), document.createElement("kbd")];
  words.textContent = text;
  sign.textContent = key;
  made.append(mark, words, sign);
  return made;
}

function check(row: HTMLButtonElement, on: boolean, disabled: boolean): void {
  row.setAttribute("aria-checked", String(on));
  row.disabled = disabled;
}

function group(name: string, ...children: HTMLElement[]): HTMLElement {
  const made = document.createElement("div");
  made.className = name;
  made.append(...children);
  return made;
}
