import type { LayoutNode } from "../layout/layout";

const OFFSET = { x: 14, y: 16 };
const LEAST_ROOM = 200;

/** A small box beside the pointer with the full id of a node whose words had to be shortened. */
export class Tip {
  private readonly box = document.createElement("div");

  constructor(host: HTMLElement) {
    this.box.className = "graph-tip";
    this.box.hidden = true;
    host.append(this.box);
  }

  /** Shows the tip for a node under the pointer, or none where its words are all there. */
  show(node: LayoutNode | null, x: number, y: number, hostWidth: number): void {
    const words = node?.box ?? node?.header;
    this.box.hidden = !node || !words || !`${words.title}${words.detail}`.includes("…");
    if (this.box.hidden) return;
    this.box.textContent = node!.id;
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
