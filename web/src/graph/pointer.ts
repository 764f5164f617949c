import type { Point } from "../layout/types";

/** What a person does on the canvas, in CSS pixels from its upper left corner. */
export interface Gestures {
  drag: (dx: number, dy: number) => void;
  zoom: (factor: number, x: number, y: number) => void;
  hover: (x: number, y: number) => void;
  leave: () => void;
  click: (x: number, y: number) => void;
  doubleClick: (x: number, y: number) => void;
  menu: (x: number, y: number) => void;
}

const DRAG_DISTANCE = 4;
const WHEEL_ZOOM = 0.0018;
const PINCH_ZOOM = 0.01;
/** Pixels that one line of a line-wise wheel stands for. */
const WHEEL_LINE = 24;

/** Tells clicks from drags and wheels from pinches. Listens until `signal` is aborted. */
export function listenForGestures(surface: HTMLElement, gestures: Gestures, signal: AbortSignal): void {
  let press: { id: number; x: number; y: number; dragging: boolean } | null = null;
  const place = (event: MouseEvent): Point => {
    const bounds = surface.getBoundingClientRect();
    return [event.clientX - bounds.left, event.clientY - bounds.top];
  };
  const release = (): void => {
    press = null;
    delete surface.dataset["dragging"];
  };
  surface.addEventListener(
    "pointerdown",
    (event) => {
      if (event.button !== 0) return;
      surface.setPointerCapture(event.pointerId);
      press = { id: event.pointerId, x: event.clientX, y: event.clientY, dragging: false };
    },
    { signal },
  );
  surface.addEventListener(
    "pointermove",
    (event) => {
      if (!press || press.id !== event.pointerId) return gestures.hover(...place(event));
      const [dx, dy] = [event.clientX - press.x, event.clientY - press.y];
      if (!press.dragging && Math.hypot(dx, dy) < DRAG_DISTANCE) return;
      press = { id: press.id, x: event.clientX, y: event.clientY, dragging: true };
      surface.dataset["dragging"] = "";
      gestures.drag(dx, dy);
    },
    { signal },
  );
  surface.addEventListener(
    "pointerup",
    (event) => {
      const clicked = press !== null && !press.dragging;
      release();
      if (clicked) gestures.click(...place(event));
    },
    { signal },
  );
  surface.addEventListener("pointercancel", release, { signal });
  surface.addEventListener("pointerleave", () => gestures.leave(), { signal });
  surface.addEventListener("dblclick", (event) => gestures.doubleClick(...place(event)), { signal });
  surface.addEventListener(
    "contextmenu",
    (event) => {
      event.preventDefault();
      gestures.menu(...place(event));
    },
    { signal },
  );
  surface.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? WHEEL_LINE : 1;
      const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
      if (event.shiftKey || Math.abs(dx) > Math.abs(dy)) gestures.drag(-(dx || dy), 0);
      else gestures.zoom(Math.exp(-dy * (event.ctrlKey ? PINCH_ZOOM : WHEEL_ZOOM)), ...place(event));
    },
    { signal, passive: false },
  );
}
