import type { Corners } from "./camera";

/** Keeps what stands over the lower corners of the canvas in sight, so that the graph is not fitted under it. */
export class Overlays {
  private readonly elements: HTMLElement[] = [];

  constructor(
    private readonly host: HTMLElement,
    private readonly sizes: ResizeObserver,
  ) {}

  add(element: HTMLElement): void {
    this.elements.push(element);
    this.sizes.observe(element);
  }

  corners(): Corners {
    const around = this.host.getBoundingClientRect();
    const found: Corners = { left: { width: 0, height: 0 }, right: { width: 0, height: 0 } };
    for (const element of this.elements) {
      const { left, right, top, width, height } = element.getBoundingClientRect();
      if (width === 0 || height === 0 || !this.host.contains(element)) continue;
      const isLeft = left + right < around.left + around.right;
      const corner = isLeft ? found.left : found.right;
      corner.width = Math.max(corner.width, isLeft ? right - around.left : around.right - left);
      corner.height = Math.max(corner.height, around.bottom - top);
    }
    return found;
  }
}
