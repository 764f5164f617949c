// Bundles the viewer into dist/viewer.js and dist/viewer.css: one file each, nothing loaded later.
import { build } from "esbuild";

await build({
  entryPoints: { viewer: "src/main.ts" },
  outdir: "dist",
  bundle: true,
  format: "iife",
  target: ["es2022"],
  minify: true,
  legalComments: "none",
  charset: "utf8",
  logLevel: "warning",
});
