export { GraphCanvas, type GraphCanvasOptions, type Move } from "./canvas";
export type { Paint } from "./frame";
export type { VisibleNode } from "./seen";
export { inkOn } from "./theme";
