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

/** What stands in the lower corners of the view, measured from there. */
export interface Corners {
  left: Size;
  right: Size;
}

const NOTHING: Size = { width: 0, height: 0 };
const NO_CORNERS: Corners = { left: NOTHING, right: NOTHING };

/** The largest scale, of those that a drawing is first shown at, at which it fits between two columns. */
function fitting(world: Size, { low, high }: { low: number; high: number }, height: number): number {
  const across = (high - low - 2 * MARGIN) / Math.max(1, world.width);
  const down = (height - 2 * TOP_MARGIN) / Math.max(1, world.height);
  return Math.min(FIT_SCALE, across, down >= TALL_SCALE ? down : FIT_SCALE);
}

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
   * What is too wide for that is shown around the column `start`. What stands in the lower corners of
   * the view covers nothing where that can be: the drawing is then above it, or between.
   */
  fit(world: Size, view: Size, start: number, corners: Corners = NO_CORNERS): void {
    const { left, right } = corners;
    const whole = fitting(world, { low: 0, high: view.width }, view.height);
    const lowest = view.height - Math.max(left.height, right.height);
    const between = { low: left.width, high: view.width - right.width };
    const isClear = (scale: number): boolean => TOP_MARGIN + world.height * scale <= lowest;
    const above = fitting(world, { low: 0, high: view.width }, lowest);
    const beside = fitting(world, between, view.height);
    const isAbove = isClear(above) && above >= READABLE_SCALE && above >= beside;
    const isBeside = !isAbove && beside >= READABLE_SCALE;
    this.scale = Math.max(READABLE_SCALE, isAbove ? above : isBeside ? beside : whole);
    const room = isBeside ? between : { low: 0, high: view.width };
    const holdsAll = world.width * this.scale <= room.high - room.low - 2 * MARGIN + 1;
    const middle = holdsAll ? world.width / 2 : start;
    this.x = middle - (room.low + room.high) / 2 / this.scale;
    const spare = ((isAbove ? lowest : view.height) / this.scale - world.height) / 2;
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
