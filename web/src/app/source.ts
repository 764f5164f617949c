/** Where the data come from. The report carries them in itself; the live app will fetch them. */

import type { Document } from "../generated/document";

export interface DataSource {
  load(): Promise<Document>;
}

/** Data in a script element of the page: JSON, or gzip in base64. */
export class EmbeddedSource implements DataSource {
  constructor(private readonly element: HTMLScriptElement) {}

  async load(): Promise<Document> {
    const text = this.element.textContent ?? "";
    if (this.element.type === "application/json") return JSON.parse(text) as Document;
    const packed = Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return (await new Response(stream).json()) as Document;
  }
}
