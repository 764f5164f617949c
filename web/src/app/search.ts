/** Find a node by name, type or shape. */

import { labelNode, shapeText } from "../layout/label";
import type { RunIndex } from "../model/run";
import { h, icon } from "./dom";

const MOST_HITS = 30;

export function searchBox(run: RunIndex, choose: (node: string) => void): HTMLElement {
  const input = h("input", {
    type: "search",
    placeholder: "Find a module",
    "aria-label": "Find a module by name, type or shape",
    autocomplete: "off",
  });
  const list = h("ul", { class: "hits", role: "listbox", hidden: true });
  const box = h("div", { class: "search" }, icon("search"), input, h("kbd", {}, "/"), list);
  let hits: string[] = [];
  let current = 0;

  const show = () => {
    list.replaceChildren(
      ...hits.map((id, i) =>
        h(
          "li",
          { role: "option", "aria-selected": String(i === current), mousedown: () => pick(id) },
          h("span", { class: "mono" }, id),
          h("span", { class: "faint" }, labelNode(run.graph, id).detail),
        ),
      ),
    );
    list.hidden = !hits.length;
  };
  const pick = (id: string | undefined) => {
    if (id === undefined) return;
    hits = [];
    show();
    input.blur();
    choose(id);
  };
  input.addEventListener("input", () => {
    hits = search(run, input.value);
    current = 0;
    show();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") current = Math.min(hits.length - 1, current + 1);
    else if (event.key === "ArrowUp") current = Math.max(0, current - 1);
    else if (event.key === "Enter") return pick(hits[current]);
    else if (event.key === "Escape") hits = [];
    else return;
    event.preventDefault();
    show();
  });
  input.addEventListener("blur", () => (list.hidden = true));
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (event.key !== "/" || typing) return;
    event.preventDefault();
    input.focus();
  });
  return box;
}

/** Ids of the nodes that match every word, those whose name begins with it first. */
export function search(run: RunIndex, query: string): string[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const found: [number, string][] = [];
  for (const node of run.graph.nodes.values()) {
    const text = `${node.id} ${node.type} ${node.outputs.map((spec) => shapeText(spec.shape)).join(" ")}`.toLowerCase();
    if (!words.every((word) => text.includes(word))) continue;
    const name = node.name.toLowerCase();
    found.push([name === words[0] ? 0 : name.startsWith(words[0]!) ? 1 : 2, node.id]);
  }
  return found.sort((a, b) => a[0] - b[0]).slice(0, MOST_HITS).map(([, id]) => id);
}
