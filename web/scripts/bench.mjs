// Lays out graphs with every group open and prints what it cost and gave, as one line of JSON.
// Arguments: files with a graph each; the word `beside` stands before those that other programs lay out, too.
import { build } from "esbuild";
import { readFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";

const folder = fileURLToPath(new URL("..", import.meta.url));
const bundle = `${folder}/dist/bench.mjs`;
await build({
  entryPoints: [`${folder}/bench/measure.ts`],
  outfile: bundle,
  bundle: true,
  packages: "external",
  format: "esm",
  platform: "node",
  target: ["es2022"],
  logLevel: "warning",
});
const { compareLayouts } = await import(pathToFileURL(bundle).href);

const found = {};
let withOthers = false;
for (const argument of process.argv.slice(2)) {
  if (argument === "beside") {
    withOthers = true;
    continue;
  }
  const graph = JSON.parse(await readFile(argument, "utf8"));
  const rounds = Object.keys(graph.nodes).length > 3000 ? 5 : 15;
  found[argument] = await compareLayouts(graph, rounds, withOthers);
}
console.log(JSON.stringify(found));
