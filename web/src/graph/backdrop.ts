import type { Point, Size } from "../layout/types";
import { Camera } from "./camera";
import type { Frame } from "./frame";
import type { Scene } from "./scene";
import type { Palette } from "./theme";

/** The picture reaches this far beyond the view, as a share of the view. */
const MARGIN = 0.4;
/** As long as the zoom has changed by no more than this, the picture is stretched. */
const MOST_STRETCH = 1.5;

/** What the picture was made of: another of these, and it is made again. */
interface Made {
  scene: Scene;
  palette: Palette;
  colours: unknown;
  highlight: unknown;
  failed: string | null;
  pixelRatio: number;
  size: Size;
  camera: Camera;
}

/**
 * A picture of a crowded part of the graph, which is moved and stretched while a person pans and
 * zooms, so that thousands of boxes and lines need not be drawn for each frame.
 */
export class Backdrop {
  private readonly surface = document.createElement("canvas");
  private made: Made | null = null;

  /**
   * Shows the picture where the camera is, and makes it anew if it does not reach so far, or if it is
   * stretched and `still` is set. Says whether what is seen is stretched.
   */
  show(ctx: CanvasRenderingContext2D, frame: Frame, still: boolean, draw: (ctx: CanvasRenderingContext2D, frame: Frame) => void): boolean {
    if (!this.serves(frame, still)) this.make(frame, draw);
    const { camera, size, pixelRatio } = this.made!;
    const stretch = frame.camera.scale / camera.scale;
    const [left, top] = frame.camera.toScreen(camera.x, camera.y);
    // whole pixels keep it sharp while it is only moved
    const [x, y]: Point = [Math.round(left * pixelRatio), Math.round(top * pixelRatio)];
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    if (stretch === 1) ctx.drawImage(this.surface, x, y);
    else ctx.drawImage(this.surface, x, y, size.width * pixelRatio * stretch, size.height * pixelRatio * stretch);
    return stretch !== 1;
  }

  private serves(frame: Frame, still: boolean): boolean {
    const { made } = this;
    if (!made) return false;
    const { scene, palette, colours, highlight, failed, pixelRatio, camera, view } = frame;
    const isSame =
      made.scene === scene &&
      made.palette === palette &&
      made.colours === colours &&
      made.highlight === highlight &&
      made.failed === failed &&
      made.pixelRatio === pixelRatio;
    const stretch = camera.scale / made.camera.scale;
    if (!isSame || stretch > MOST_STRETCH || stretch < 1 / MOST_STRETCH || (still && stretch !== 1)) return false;
    const [left, top] = camera.toScreen(made.camera.x, made.camera.y);
    const reaches = left <= 0 && top <= 0 && left + made.size.width * stretch >= view.width && top + made.size.height * stretch >= view.height;
    return reaches || this.holdsAll(frame);
  }

  /** Whether nothing of the drawing is outside the picture. */
  private holdsAll({ scene }: Frame): boolean {
    const { camera, size } = this.made!;
    const [left, top] = camera.toScreen(0, 0);
    const [right, bottom] = camera.toScreen(scene.layout.width, scene.layout.height);
    return left >= 0 && top >= 0 && right <= size.width && bottom <= size.height;
  }

  private make(frame: Frame, draw: (ctx: CanvasRenderingContext2D, frame: Frame) => void): void {
    const { scene, palette, colours, highlight, failed, pixelRatio, view } = frame;
    const beyond: Point = [Math.round(view.width * MARGIN), Math.round(view.height * MARGIN)];
    const size = { width: view.width + 2 * beyond[0], height: view.height + 2 * beyond[1] };
    const camera = new Camera();
    camera.scale = frame.camera.scale;
    [camera.x, camera.y] = frame.camera.toWorld(-beyond[0], -beyond[1]);
    this.surface.width = Math.round(size.width * pixelRatio);
    this.surface.height = Math.round(size.height * pixelRatio);
    const ctx = this.surface.getContext("2d");
    if (ctx) draw(ctx, { ...frame, camera, view: size, hovered: null, selected: null });
    this.made = { scene, palette, colours, highlight, failed, pixelRatio, size, camera };
  }
}
