export { GraphCanvas, type GraphCanvasOptions, type Move, type VisibleNode } from "./canvas";
export type { Paint } from "./frame";
export { inkOn } from "./theme";
