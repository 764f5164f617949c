/** The whole graph in small, with the part that shows, and the zoom buttons above it. */

import type { DrawState } from "./draw";

const WIDTH = 132;
const HEIGHT = 170;

export interface MinimapActions {
  moveTo: (x: number, y: number) => void;
  zoomBy: (factor: number) => void;
  fit: () => void;
}

export class Minimap {
  private readonly box = document.createElement("div");
  private readonly canvas = document.createElement("canvas");
  private readonly percent = document.createElement("span");
  private scale = 1;
  private left = 0;
  private top = 0;

  constructor(host: HTMLElement, actions: MinimapActions) {
    this.box.className = "minimap";
    const buttons = document.createElement("div");
    buttons.className = "zoom";
    const button = (text: string, label: string, act: () => void) => {
      const made = document.createElement("button");
      made.type = "button";
      made.textContent = text;
      made.setAttribute("aria-label", label);
      made.addEventListener("click", act);
      return made;
    };
    buttons.append(
      button("−", "Zoom out", () => actions.zoomBy(0.8)),
      this.percent,
      button("+", "Zoom in", () => actions.zoomBy(1.25)),
      button("Fit", "Show all", actions.fit),
    );
    this.canvas.setAttribute("aria-hidden", "true");
    this.canvas.style.width = `${WIDTH}px`;
    this.canvas.style.height = `${HEIGHT}px`;
    const move = (event: PointerEvent) => {
      if (!(event.buttons & 1)) return;
      const bounds = this.canvas.getBoundingClientRect();
      actions.moveTo(
        (event.clientX - bounds.left - this.left) / this.scale,
        (event.clientY - bounds.top - this.top) / this.scale,
      );
    };
    this.canvas.addEventListener("pointerdown", move);
    this.canvas.addEventListener("pointermove", move);
    this.box.append(buttons, this.canvas);
    host.append(this.box);
  }

  draw(state: DrawState): void {
    const { placed } = state.scene;
    this.percent.textContent = `${Math.round(state.camera.scale * 100)} %`;
    const ctx = this.canvas.getContext("2d")!;
    this.canvas.width = WIDTH * state.ratio;
    this.canvas.height = HEIGHT * state.ratio;
    ctx.setTransform(state.ratio, 0, 0, state.ratio, 0, 0);
    this.scale = Math.min((WIDTH - 16) / placed.width, (HEIGHT - 16) / placed.height);
    this.left = (WIDTH - placed.width * this.scale) / 2;
    this.top = (HEIGHT - placed.height * this.scale) / 2;
    const put = (x: number, y: number, w: number, h: number): [number, number, number, number] => [
      this.left + x * this.scale,
      this.top + y * this.scale,
      Math.max(1, w * this.scale),
      Math.max(1, h * this.scale),
    ];
    for (const box of placed.boxes) {
      const paint = state.paint(box.id);
      ctx.fillStyle = box.group
        ? state.palette.groups[Math.min(box.depth, 2)]!
        : (paint.fill ?? state.palette.control);
      ctx.globalAlpha = paint.fill || box.group ? 1 : 0.5;
      ctx.fillRect(...put(box.x, box.y, box.width, box.height));
      if (box.id === state.selected) {
        ctx.strokeStyle = state.palette.accent;
        ctx.lineWidth = 1.5;
        ctx.strokeRect(...put(box.x, box.y, box.width, box.height));
      }
    }
    ctx.globalAlpha = 1;
    const [x0, y0] = state.camera.toWorld(0, 0);
    const [x, y, w, h] = put(x0, y0, state.width / state.camera.scale, state.height / state.camera.scale);
    ctx.strokeStyle = state.palette.accent;
    ctx.lineWidth = 1.5;
    const [cx, cy] = [Math.max(1, x), Math.max(1, y)];
    ctx.strokeRect(cx, cy, Math.min(WIDTH - 1, x + w) - cx, Math.min(HEIGHT - 1, y + h) - cy);
  }
}
