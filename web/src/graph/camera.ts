import type { Point, Size } from "../layout/types";
import type { Rectangle } from "./shapes";

const MAX_SCALE = 4;
const MIN_SCALE = 0.005;
/** Text stays readable down to here, so the first view is never smaller. */
const READABLE_SCALE = 0.62;
/** A drawing that is too tall for the view is made smaller to show all of it, but not below this. */
const TALL_SCALE = 0.85;
const FIT_SCALE = 1;
/** What is zoomed to becomes no larger than this. */
const CLOSE_SCALE = 1.4;
const MARGIN = 24;
const TOP_MARGIN = 12;

/** Which part of the drawing is seen, and how large. */
export class Camera {
  scale = 1;
  x = 0;
  y = 0;

  toScreen(x: number, y: number): Point {
    return [(x - this.x) * this.scale, (y - this.y) * this.scale];
  }

  toWorld(x: number, y: number): Point {
    return [x / this.scale + this.x, y / this.scale + this.y];
  }

  /** Moves the drawing by a distance on the screen. */
  pan(dx: number, dy: number): void {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
  }

  /** Zooms so that one point of the screen keeps showing the same place. */
  zoom(factor: number, screenX: number, screenY: number): void {
    const [worldX, worldY] = this.toWorld(screenX, screenY);
    this.scale = Math.min(MAX_SCALE, Math.max(MIN_SCALE, this.scale * factor));
    this.x = worldX - screenX / this.scale;
    this.y = worldY - screenY / this.scale;
  }

  /**
   * Shows the drawing's width from its top, at a scale at which its text can be read.
   *
   * What is too wide for that is shown around the column `start`.
   */
  fit(world: Size, view: Size, start: number): void {
    const across = (view.width - 2 * MARGIN) / Math.max(1, world.width);
    const down = (view.height - 2 * TOP_MARGIN) / Math.max(1, world.height);
    const whole = Math.min(FIT_SCALE, across, down >= TALL_SCALE ? down : FIT_SCALE);
    this.scale = Math.max(READABLE_SCALE, whole);
    const middle = across >= this.scale ? world.width / 2 : start;
    this.x = middle - view.width / 2 / this.scale;
    const spare = (view.height / this.scale - world.height) / 2;
    this.y = -Math.max(TOP_MARGIN / this.scale, Math.min(spare, MARGIN / this.scale));
  }

  /** Shows a part of the drawing whole and in the middle, a little larger than life at most. */
  frame(part: Rectangle, view: Size): void {
    const across = (view.width - 2 * MARGIN) / Math.max(1, part.width);
    const down = (view.height - 2 * MARGIN) / Math.max(1, part.height);
    this.scale = Math.min(CLOSE_SCALE, Math.max(MIN_SCALE, Math.min(across, down)));
    this.centreOn(part.x + part.width / 2, part.y + part.height / 2, view);
  }

  centreOn(x: number, y: number, view: Size): void {
    this.x = x - view.width / 2 / this.scale;
    this.y = y - view.height / 2 / this.scale;
  }
}
