/** The switch between what runs forward, what runs back, and both on one canvas. */

import { type Direction, DIRECTIONS, forwardOf } from "../model/backward";
import type { RunIndex } from "../model/run";
import { h } from "./dom";

const TITLES: Record<Direction, string> = {
  forward: "What runs forward",
  backward: "What autograd runs back: one step for each gradient",
  both: "Both, with the tensors that are kept for the way back",
};

export class DirectionSwitch {
  readonly element: HTMLElement;
  private readonly buttons = new Map<Direction, HTMLButtonElement>();

  constructor(run: RunIndex, turn: (direction: Direction) => void) {
    const missing = run.backward ? null : run.run.gaps.find((gap) => gap.what === "backward")?.reason;
    for (const direction of DIRECTIONS) {
      const off = direction !== "forward" && !run.backward;
      const button = h(
        "button",
        { type: "button", "aria-pressed": "false", disabled: off, title: off ? `Not measured: ${missing ?? ""}` : TITLES[direction], click: () => turn(direction) },
        direction.charAt(0).toUpperCase() + direction.slice(1),
      );
      this.buttons.set(direction, button);
    }
    const shown = run.backward !== null || missing !== undefined; // else nobody asked for it
    this.element = h("div", { class: "switch", role: "group", "aria-label": "Graph", hidden: !shown }, ...this.buttons.values());
  }

  show(direction: Direction): void {
    for (const [name, button] of this.buttons) button.setAttribute("aria-pressed", String(name === direction));
  }
}

/** The graph in which a node can be shown: the one that is drawn, if it is there. */
export function directionFor(run: RunIndex, node: string | null, drawn: Direction): Direction {
  if (node === null || run.graphOf(drawn).has(node)) return drawn;
  return run.backward?.isStep(node) ? "backward" : "forward";
}

/** The graph that an address asks for, where this run has it and it shows the node. */
export function directionAsked(run: RunIndex, node: string | null, asked: Direction | undefined): Direction {
  return directionFor(run, node, run.backward ? (asked ?? "forward") : "forward");
}

/** What stands for a node in another graph: the step that goes back through it, or the op of a step. */
export function counterpart(run: RunIndex, node: string | null, direction: Direction): string | null {
  const graph = run.graphOf(direction);
  if (node === null || graph.has(node)) return node;
  const known = run.node(node);
  const other = known?.kind === "backward" ? (forwardOf(known) ?? known.parent) : (run.backward?.stepsOf(node)[0] ?? known?.parent);
  return other !== null && other !== undefined && graph.has(other) ? other : null;
}

/** What the lines and shapes of backward mean, under the legend. */
export function directionKeys(direction: Direction): HTMLElement | null {
  if (direction === "forward") return null;
  const key = (kind: string, text: string) => h("span", {}, h("i", { class: kind, "aria-hidden": "true" }), text);
  return h(
    "div",
    { class: "legend-keys backward-keys" },
    key("step", "step"),
    key("end", "gradient of a parameter"),
    direction === "both" && key("kept", "kept for backward"),
  );
}
