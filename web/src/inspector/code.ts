/** The lines of code around the one that a node was called from. */

import type { Excerpt, Node } from "../generated/document";
import { h } from "../app/dom";
import { ROOT } from "../model/graph";
import { visible } from "../model/names";
import type { RunIndex } from "../model/run";

const AROUND = 4;

/** The excerpt with line numbers and the line marked; null where no code is kept. */
export function codeSection(run: RunIndex, node: Node): HTMLElement | null {
  const source = node.source;
  const excerpt = excerptOf(run, node);
  if (!source || !excerpt) return null;
  const at = source.line - excerpt.first_line;
  const from = Math.max(0, at - AROUND);
  const shown = withoutIndent(excerpt.lines.slice(from, at + AROUND + 1));
  const rows = shown.map((text, i) => {
    const line = excerpt.first_line + from + i;
    const isMarked = line === source.line;
    return h(
      "div",
      { class: isMarked ? "code-line marked" : "code-line", "aria-current": isMarked ? "true" : null },
      h("span", { class: "code-number" }, String(line)),
      h("code", {}, document.createTextNode(asCode(text) || " ")),
    );
  });
  const place = `${source.file.split(/[\\/]/).pop() ?? ""}, in ${source.function}`;
  return h("section", {}, h("h2", {}, "Source", h("small", { title: source.file }, place)), h("div", { class: "code-box", role: "group", "aria-label": `Source, line ${source.line} marked` }, ...rows));
}

/** The lines that hold the one that a node was called from; null where no code is kept of it. */
export function excerptOf(run: RunIndex, { id, source }: Node): Excerpt | null {
  if (!source || id === ROOT) return null; // where the caller stood says nothing
  return run.run.excerpts.find(({ file, first_line, lines }) => file === source.file && source.line >= first_line && source.line < first_line + lines.length) ?? null;
}

/** A line of code as it may be shown, with its tabs. */
export function asCode(text: string): string {
  return text.split("\t").map(visible).join("\t");
}

/** The lines without what they are all indented by. */
function withoutIndent(lines: readonly string[]): string[] {
  const depths = lines.filter((line) => line.trim()).map((line) => line.length - line.trimStart().length);
  const depth = depths.length ? Math.min(...depths) : 0;
  return lines.map((line) => line.slice(depth));
}
