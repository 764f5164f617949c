import { isolated } from "../model/names";

const OFFSET = { x: 14, y: 16 };
const LEAST_ROOM = 200;

/** A small box beside the pointer. */
export class Tip {
  private readonly box = document.createElement("div");

  constructor(host: HTMLElement) {
    this.box.className = "graph-tip";
    this.box.hidden = true;
    host.append(this.box);
  }

  /** Shows words beside the pointer, or nothing. */
  show(words: string | null, x: number, y: number, hostWidth: number): void {
    this.box.hidden = words === null;
    if (words === null) return;
    this.box.textContent = isolated(words);
    this.box.style.left = `${Math.max(0, Math.min(x + OFFSET.x, hostWidth - LEAST_ROOM))}px`;
    this.box.style.top = `${y + OFFSET.y}px`;
  }

  hide(): void {
    this.box.hidden = true;
  }

  destroy(): void {
    this.box.remove();
  }
}
