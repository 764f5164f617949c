// Writes src/paper/advances.ts: how wide each letter of the font of drawings is, read from its files.
// Usage: npm run advances, after the font's package has changed.
import { readFile, writeFile } from "node:fs/promises";

const FONTS = { 400: "400Regular/Inter_400Regular.ttf", 600: "600SemiBold/Inter_600SemiBold.ttf" };

/** Advance widths by code point, in units of the font. */
function advancesOf(font) {
  const table = (name) => {
    for (let i = 0; i < font.readUInt16BE(4); i++) {
      const at = 12 + 16 * i;
      if (font.toString("latin1", at, at + 4) === name) return font.subarray(font.readUInt32BE(at + 8));
    }
    throw new Error(`the font has no table ${name}`);
  };
  const [head, hhea, hmtx, cmap] = ["head", "hhea", "hmtx", "cmap"].map(table);
  const known = hhea.readUInt16BE(34);
  const advance = (glyph) => hmtx.readUInt16BE(4 * Math.min(glyph, known - 1));
  const found = new Map();
  for (let i = 0; i < cmap.readUInt16BE(2); i++) {
    const part = cmap.subarray(cmap.readUInt32BE(4 + 8 * i + 4));
    if (part.readUInt16BE(0) !== 4) continue;
    const count = part.readUInt16BE(6) / 2;
    for (let k = 0; k < count; k++) {
      const [end, start] = [part.readUInt16BE(14 + 2 * k), part.readUInt16BE(16 + 2 * count + 2 * k)];
      const delta = part.readUInt16BE(16 + 4 * count + 2 * k);
      const offsetAt = 16 + 6 * count + 2 * k;
      const offset = part.readUInt16BE(offsetAt);
      for (let code = start; code <= end && code < 0xffff; code++) {
        const glyph = offset === 0 ? (code + delta) & 0xffff : part.readUInt16BE(offsetAt + offset + 2 * (code - start));
        if (glyph !== 0) found.set(code, advance(offset === 0 ? glyph : (glyph + delta) & 0xffff));
      }
    }
  }
  if (found.size === 0) throw new Error("the font has no table of characters of format 4");
  return { unitsPerEm: head.readUInt16BE(18), found };
}

/** Stretches of neighbouring code points: the first one, then the widths. */
function packed(found) {
  const stretches = [];
  let next = -1;
  for (const [code, width] of [...found].sort(([a], [b]) => a - b)) {
    if (code !== next) stretches.push([code]);
    stretches.at(-1).push(width);
    next = code + 1;
  }
  return stretches.map((stretch) => stretch.map((number) => number.toString(36)).join(" ")).join(",");
}

const fonts = {};
for (const [weight, file] of Object.entries(FONTS)) {
  const { unitsPerEm, found } = advancesOf(await readFile(`node_modules/@expo-google-fonts/inter/${file}`));
  fonts[weight] = { unitsPerEm, widths: packed(found) };
}
await writeFile(
  "src/paper/advances.ts",
  `/* Generated from the font files by \`npm run advances\`. Do not edit. */

/** Widths of letters by weight: stretches of code points, the first one and then a width each, in base 36. */
export const ADVANCES = ${JSON.stringify(fonts, null, 2)} as const;
`,
);
