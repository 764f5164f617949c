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
  /** Let go of what it holds: its element has left the page. */
  leave(): void;
}

const followers = new Map<HTMLElement, Follower>();
/** Those that have been on the page, and those that had time enough to come. */
const [arrived, awaited] = [new WeakSet<HTMLElement>(), new WeakSet<HTMLElement>()];
/** Milliseconds within which a chart that was made is put on the page. */
const PATIENCE = 2000;
let [selected, hovered, step]: [string | null, string | null, number | null] = [null, null, null];
let isWatching = false;

/** From now on the chart follows the page, until its element has left it. */
export function follow(element: HTMLElement, follower: Follower): void {
  watch();
  followers.set(element, follower);
  expectSoon(element);
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
    if (element.isConnected) {
      arrived.add(element);
      act(follower);
    } else if (arrived.has(element) || awaited.has(element)) {
      followers.delete(element);
      follower.leave();
    }
  }
}

/**
 * A chart may be told of the page before it stands there; by the next task it does, or it never
 * will: one that was taken away before its first frame must not be kept for ever.
 */
function expectSoon(element: HTMLElement): void {
  setTimeout(() => {
    awaited.add(element);
    if (element.isConnected || !followers.has(element)) return;
    followers.get(element)!.leave();
    followers.delete(element);
  }, PATIENCE);
}

/** How many charts follow the page. */
export function followerCount(): number {
  return followers.size;
}

function watch(): void {
  if (isWatching) return;
  isWatching = true;
  new MutationObserver(() => tell((follower) => follower.recolour())).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  const paper = matchMedia("print");
  const print = (isPrinting: boolean): void => tell((follower) => follower.print(isPrinting));
  paper.addEventListener("change", () => print(paper.matches));
  addEventListener("beforeprint", () => print(true)); // not every browser tells the query in time
  addEventListener("afterprint", () => print(false));
}
