export { GraphCanvas, type GraphCanvasOptions, type VisibleNode } from "./canvas";
export type { Paint } from "./frame";
export { inkOn } from "./theme";
