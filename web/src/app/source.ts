/** Where the data come from. The report carries them in itself; the live app will fetch them. */

import type { Document } from "../generated/document";

export interface DataSource {
  load(): Promise<Document>;
}

const READABLE = 1;

/** Data in a script element of the page: JSON, or gzip in base64. */
export class EmbeddedSource implements DataSource {
  constructor(private readonly element: Pick<HTMLScriptElement, "type" | "textContent">) {}

  /** @throws Error when the data are damaged, or of a form that this viewer does not read. */
  async load(): Promise<Document> {
    const document: Partial<Document> | null = await this.read();
    const version = document?.run?.schema_version;
    if (version === READABLE) return document as Document;
    if (version === undefined) throw new Error("its data are damaged; save it again");
    throw new Error(`its data are of form ${version}, and this viewer reads form ${READABLE}`);
  }

  private async read(): Promise<Document> {
    try {
      const text = this.element.textContent ?? "";
      return JSON.parse(this.element.type === "application/json" ? text : await unpack(text)) as Document;
    } catch (cause) {
      throw new Error("its data are damaged; save it again", { cause });
    }
  }
}

async function unpack(base64: string): Promise<string> {
  const packed = Uint8Array.from(atob(base64.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}
