// Writes src/generated/document.ts from the JSON Schema that Python generates.
// Usage: python -m torchatlas.run > src/generated/document.schema.json && npm run generate
import { readFile, writeFile } from "node:fs/promises";
import { compile } from "json-schema-to-typescript";

const schema = JSON.parse(await readFile("src/generated/document.schema.json", "utf8"));
const source = await compile(schema, "Document", {
  additionalProperties: false,
  bannerComment: "/* Generated from document.schema.json by `npm run generate`. Do not edit. */",
  ignoreMinAndMaxItems: true,
});
await writeFile("src/generated/document.ts", source);
