/** The entry for a machine without a browser: JSON in, JSON out. */

import type { Document } from "../generated/document";
import type { Options } from "./drawing";
import { draw } from "./draw";

declare global {
  // What Python calls.
  var drawArchitecture: (request: string) => string;
}

globalThis.performance ??= { now: () => 0 } as Performance; // the engine that Python runs has no clock

globalThis.drawArchitecture = (request) => {
  const { document, options } = JSON.parse(request) as { document: Document; options: Options };
  try {
    return JSON.stringify({ drawing: draw(document, options) });
  } catch (error) {
    if (!(error instanceof Error) || error.constructor !== Error) throw error; // a fault of this code
    return JSON.stringify({ error: error.message });
  }
};
