import { describe, expect, it } from "vitest";
import { EmbeddedSource } from "./source";

const PACKED = "application/octet-stream+gzip+base64";
const DOCUMENT = { run: { schema_version: 1, name: "ünï 名" }, views: [] };

async function pack(value: unknown): Promise<string> {
  const stream = new Blob([JSON.stringify(value)]).stream().pipeThrough(new CompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return btoa(String.fromCharCode(...bytes));
}

describe("EmbeddedSource", () => {
  it("reads plain JSON", async () => {
    const source = new EmbeddedSource({ type: "application/json", textContent: JSON.stringify(DOCUMENT) });
    expect(await source.load()).toEqual(DOCUMENT);
  });

  it("reads gzip in base64, also with space around it", async () => {
    const source = new EmbeddedSource({ type: PACKED, textContent: `\n${await pack(DOCUMENT)}\n` });
    expect(await source.load()).toEqual(DOCUMENT);
  });

  it.each(["", "not base64 !", "AAAA"])("says of damaged data %j that they are", async (textContent) => {
    const source = new EmbeddedSource({ type: PACKED, textContent });
    await expect(source.load()).rejects.toThrow("its data are damaged; save it again");
  });

  it.each(["null", "{}", "[]"])("says of JSON without a run (%s) that it is damaged", async (textContent) => {
    const source = new EmbeddedSource({ type: "application/json", textContent });
    await expect(source.load()).rejects.toThrow("its data are damaged; save it again");
  });

  it("refuses data of a later form instead of misreading them", async () => {
    const later = { run: { schema_version: 2 }, views: [] };
    const source = new EmbeddedSource({ type: "application/json", textContent: JSON.stringify(later) });
    await expect(source.load()).rejects.toThrow("its data are of form 2, and this viewer reads form 1");
  });
});
