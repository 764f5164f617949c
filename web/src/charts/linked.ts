/** Which charts are on the page, and what all of them show alike: chosen node, pointed-at node, step, theme. */

export interface Shown {
  selected: string | null;
  step: number | null;
}

/** What a chart does when the page changes around it. */
export interface Follower {
  show(selected: string | null, hovered: string | null, step: number | null): void;
  recolour(): void;
  /** Swap what is on screen for what prints, or back. */
  print(isPrinting: boolean): void;
}

const followers = new Map<HTMLElement, Follower>();
let [selected, hovered, step]: [string | null, string | null, number | null] = [null, null, null];
let isWatching = false;

/** From now on the chart follows the page, until its element has left it. */
export function follow(element: HTMLElement, follower: Follower): void {
  watch();
  followers.set(element, follower);
  follower.show(selected, hovered, step);
}

/** Ring a node and mark a step in every chart on the page; nothing is built again. */
export function showInCharts(shown: Partial<Shown>): void {
  if (shown.selected !== undefined) selected = shown.selected;
  if (shown.step !== undefined) step = shown.step;
  tell((follower) => follower.show(selected, hovered, step));
}

/** Ring the node under the pointer in every chart. */
export function hoverInCharts(node: string | null): void {
  if (node === hovered) return;
  hovered = node;
  tell((follower) => follower.show(selected, hovered, step));
}

function tell(act: (follower: Follower) => void): void {
  for (const [element, follower] of followers) {
    if (element.isConnected) act(follower);
    else if (element.dataset["drawn"]) followers.delete(element);
  }
}

function watch(): void {
  if (isWatching) return;
  isWatching = true;
  new MutationObserver(() => tell((follower) => follower.recolour())).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  const paper = matchMedia("print");
  paper.addEventListener("change", () => tell((follower) => follower.print(paper.matches)));
}
