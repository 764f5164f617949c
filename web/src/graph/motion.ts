import type { Rectangle } from "./shapes";

const DURATION_MS = 200;

/** A movement from old places to new ones. */
export class Motion {
  readonly from: ReadonlyMap<string, Rectangle>;
  private readonly start: number;

  constructor(from: ReadonlyMap<string, Rectangle>, now: number) {
    this.from = from;
    this.start = now;
  }

  /** How far it has come at a time in milliseconds: 0 to 1, 1 when it is over. */
  progress(now: number): number {
    const share = Math.min(1, Math.max(0, (now - this.start) / DURATION_MS));
    return share >= 1 ? 1 : ease(share);
  }
}

/** Whether the person has asked for no movement. */
export function wantsStillness(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** The curve cubic-bezier(.2, 0, 0, 1): the time of a share of the way is found by halving. */
function ease(share: number): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 20; i++) {
    const middle = (low + high) / 2;
    if (bezier(middle, 0.2, 0) < share) low = middle;
    else high = middle;
  }
  return bezier((low + high) / 2, 0, 1);
}

function bezier(t: number, first: number, second: number): number {
  return 3 * (1 - t) ** 2 * t * first + 3 * (1 - t) * t ** 2 * second + t ** 3;
}
