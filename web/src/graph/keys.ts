import type { Side } from "../model/reach";
import type { Direction } from "./walk";

/** What a key asks the graph to do. */
export type KeyAction =
  | { kind: "walk"; direction: Direction }
  | { kind: "depth"; depth: number }
  | { kind: "member"; by: 1 | -1 }
  | { kind: "highlight"; side: Side }
  | { kind: "zoom"; by: 1 | -1 }
  | { kind: "toggle" | "close" | "fit" | "frame" | "folding" | "hiding" };

const ACTIONS: Readonly<Record<string, KeyAction>> = {
  ArrowUp: { kind: "walk", direction: "up" },
  ArrowDown: { kind: "walk", direction: "down" },
  ArrowLeft: { kind: "walk", direction: "left" },
  ArrowRight: { kind: "walk", direction: "right" },
  "[": { kind: "member", by: -1 },
  "]": { kind: "member", by: 1 },
  u: { kind: "highlight", side: "upstream" },
  d: { kind: "highlight", side: "downstream" },
  "+": { kind: "zoom", by: 1 },
  "=": { kind: "zoom", by: 1 },
  "-": { kind: "zoom", by: -1 },
  Enter: { kind: "toggle" },
  Escape: { kind: "close" },
  "0": { kind: "fit" },
  z: { kind: "frame" },
  f: { kind: "folding" },
  v: { kind: "hiding" },
};

/** What a key does on the canvas; null when nothing. Digits open to a depth. */
export function keyAction(key: string): KeyAction | null {
  if (/^[1-9]$/.test(key)) return { kind: "depth", depth: Number(key) };
  return Object.hasOwn(ACTIONS, key) ? ACTIONS[key]! : null;
}
