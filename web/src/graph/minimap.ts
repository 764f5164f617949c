import { DIMMED, type Frame, type Highlight } from "./frame";
import type { Scene } from "./scene";
import { tintAt } from "./theme";

const [WIDTH, HEIGHT] = [126, 186];
const MARGIN = 10;
/** The frame keeps this far from the border of the map. */
const EDGE = 4;

export interface MinimapActions {
  /** Brings a place of the drawing into the middle of the view. */
  moveTo: (x: number, y: number) => void;
  zoomBy: (factor: number) => void;
  fit: () => void;
}

/** The whole graph in small with the part in view framed, and the zoom buttons above it. */
export class Minimap {
  readonly corner = document.createElement("div");
  private readonly surface = document.createElement("canvas");
  private readonly percent = document.createElement("span");
  /** The nodes alone: drawn again only when they or their colours change. */
  private readonly picture = document.createElement("canvas");
  private drawn: { scene: Scene; selected: string | null; highlight: Highlight | null; pixelRatio: number } | null = null;
  private scale = 1;
  private left = 0;
  private top = 0;

  constructor(host: HTMLElement, actions: MinimapActions) {
    this.corner.className = "graph-corner";
    this.surface.className = "graph-map";
    this.surface.setAttribute("aria-hidden", "true");
    const buttons = document.createElement("div");
    buttons.className = "graph-zoom";
    buttons.append(
      makeButton("−", "Zoom out", () => actions.zoomBy(0.8)),
      this.percent,
      makeButton("+", "Zoom in", () => actions.zoomBy(1.25)),
      makeButton("Fit", "Fit the graph to the width", actions.fit),
    );
    const move = (event: PointerEvent): void => {
      if ((event.buttons & 1) === 0) return;
      const bounds = this.surface.getBoundingClientRect();
      const [x, y] = [event.clientX - bounds.left, event.clientY - bounds.top];
      actions.moveTo((x - this.left) / this.scale, (y - this.top) / this.scale);
    };
    this.surface.addEventListener("pointerdown", (event) => {
      this.surface.setPointerCapture(event.pointerId);
      move(event);
    });
    this.surface.addEventListener("pointermove", move);
    this.corner.append(buttons, this.surface);
    host.append(this.corner);
  }

  draw(frame: Frame): void {
    this.percent.textContent = `${Math.round(frame.camera.scale * 100)} %`;
    const ctx = this.surface.getContext("2d");
    if (!ctx) return;
    const { layout } = frame.scene;
    const [width, height] = [Math.round(WIDTH * frame.pixelRatio), Math.round(HEIGHT * frame.pixelRatio)];
    if (this.surface.width !== width || this.surface.height !== height) [this.surface.width, this.surface.height] = [width, height];
    this.scale = Math.min((WIDTH - 2 * MARGIN) / Math.max(1, layout.width), (HEIGHT - 2 * MARGIN) / Math.max(1, layout.height));
    this.left = (WIDTH - layout.width * this.scale) / 2;
    this.top = (HEIGHT - layout.height * this.scale) / 2;
    this.refresh(frame);
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, width, height);
    ctx.drawImage(this.picture, 0, 0);
    ctx.setTransform(frame.pixelRatio, 0, 0, frame.pixelRatio, 0, 0);
    ctx.translate(this.left, this.top);
    this.drawView(ctx, frame);
  }

  /** Draws the nodes again next time, since their colours have changed. */
  forget(): void {
    this.drawn = null;
  }

  private refresh(frame: Frame): void {
    const { scene, selected, highlight, pixelRatio } = frame;
    const { drawn } = this;
    if (drawn && drawn.scene === scene && drawn.selected === selected && drawn.highlight === highlight && drawn.pixelRatio === pixelRatio) return;
    this.drawn = { scene, selected, highlight, pixelRatio };
    this.picture.width = this.surface.width;
    this.picture.height = this.surface.height;
    const ctx = this.picture.getContext("2d");
    if (!ctx) return;
    ctx.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
    ctx.translate(this.left, this.top);
    this.drawNodes(ctx, frame);
  }

  destroy(): void {
    this.corner.remove();
  }

  private drawNodes(ctx: CanvasRenderingContext2D, frame: Frame): void {
    const { palette, scene, selected, highlight } = frame;
    for (const node of scene.layout.nodes) {
      ctx.globalAlpha = highlight && !highlight.nodes.has(node.id) ? DIMMED : 1;
      const paint = node.box ? frame.paint(node.id) : null;
      const [x, y] = [node.x * this.scale, node.y * this.scale];
      const [width, height] = [Math.max(1, node.width * this.scale), Math.max(1, node.height * this.scale)];
      ctx.fillStyle = paint ? (paint.fill ?? palette.lineStrong) : tintAt(palette, node.depth);
      ctx.beginPath();
      ctx.roundRect(x, y, width, height, Math.min(1.5, height / 2));
      ctx.fill();
      ctx.lineWidth = node.id === selected ? 1.5 : 0.75;
      ctx.strokeStyle = node.id === selected ? palette.accent : palette.groupBorder;
      if (node.id === selected || !node.box) ctx.stroke();
    }
  }

  /** The frame around the part in view, kept inside the map. */
  private drawView(ctx: CanvasRenderingContext2D, frame: Frame): void {
    const { camera, view } = frame;
    const [seenLeft, seenTop] = camera.toWorld(0, 0);
    const [seenRight, seenBottom] = camera.toWorld(view.width, view.height);
    const left = Math.max(seenLeft * this.scale, EDGE - this.left);
    const top = Math.max(seenTop * this.scale, EDGE - this.top);
    const right = Math.min(seenRight * this.scale, WIDTH - EDGE - this.left);
    const bottom = Math.min(seenBottom * this.scale, HEIGHT - EDGE - this.top);
    ctx.strokeStyle = frame.palette.accent;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.roundRect(left, top, Math.max(4, right - left), Math.max(4, bottom - top), 3);
    ctx.stroke();
  }
}

function makeButton(text: string, label: string, act: () => void): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  button.title = label;
  button.setAttribute("aria-label", label);
  button.addEventListener("click", act);
  return button;
}
