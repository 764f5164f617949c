// Bundles the viewer into dist/viewer.js and dist/viewer.css, and what Python draws with into
// dist/paper.js, with its fonts beside it: one file each, nothing loaded later.
import { build } from "esbuild";
import { copyFile, readFile } from "node:fs/promises";

const common = {
  outdir: "dist",
  bundle: true,
  format: "iife",
  target: ["es2022"],
  minify: true,
  legalComments: "none",
  charset: "utf8",
  logLevel: "warning",
};
// every report holds this file, and uPlot is in it: its licence wants to be with it
const notice = `/*! Holds uPlot.\n${(await readFile("node_modules/uplot/LICENSE", "utf8")).trim()}\n*/`;
await build({ ...common, entryPoints: { viewer: "src/main.ts" }, banner: { js: notice } });
await build({ ...common, entryPoints: { paper: "src/paper/paper.ts" }, loader: { ".css": "text" } });

const fonts = "node_modules/@expo-google-fonts/inter";
await copyFile(`${fonts}/400Regular/Inter_400Regular.ttf`, "dist/Inter-Regular.ttf");
await copyFile(`${fonts}/600SemiBold/Inter_600SemiBold.ttf`, "dist/Inter-SemiBold.ttf");
await copyFile(`${fonts}/LICENSE_FONT`, "dist/Inter-LICENSE.txt");
