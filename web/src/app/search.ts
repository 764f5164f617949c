/** The search box: type, look at why a node was found, choose it by keyboard or pointer. */

import { labelNode } from "../layout/label";
import type { RunIndex } from "../model/run";
import { SearchIndex } from "../model/searchindex";
import { h, icon } from "./dom";

export function searchBox(run: RunIndex, choose: (node: string) => void): HTMLElement {
  const index = new SearchIndex(run);
  const input = h("input", {
    type: "search",
    role: "combobox",
    placeholder: "Find a module",
    "aria-label": "Find a node by name, type, shape, setting or source line",
    "aria-controls": "search-hits",
    "aria-expanded": "false",
    "aria-autocomplete": "list",
    autocomplete: "off",
  });
  const list = h("ul", { class: "hits", id: "search-hits", role: "listbox", "aria-label": "Nodes found", hidden: true });
  const box = h("div", { class: "search" }, icon("search"), input, h("kbd", {}, "/"), list);
  let hits: { id: string; why: string }[] = [];
  let current = 0;

  const mark = () => {
    [...list.querySelectorAll("[role=option]")].forEach((option, i) => {
      option.setAttribute("aria-selected", String(i === current));
      if (i === current) option.scrollIntoView({ block: "nearest" });
    });
    if (hits.length) input.setAttribute("aria-activedescendant", `hit-${current}`);
    else input.removeAttribute("aria-activedescendant");
  };
  const show = () => {
    const isAsked = input.value.trim() !== "";
    list.replaceChildren(
      ...hits.map(({ id, why }, i) => h("li", { role: "option", id: `hit-${i}`, mousedown: () => pick(id) }, ...describe(run, id, why))),
      ...(isAsked && !hits.length ? [h("li", { class: "faint none", role: "presentation" }, "No node is called so.")] : []),
    );
    list.hidden = !isAsked;
    input.setAttribute("aria-expanded", String(isAsked));
    mark();
  };
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  };
  const pick = (id: string | undefined) => {
    if (id === undefined) return;
    close();
    input.blur();
    choose(id);
  };
  input.addEventListener("input", () => {
    hits = index.find(input.value);
    current = 0;
    show();
  });
  input.addEventListener("focus", () => input.value && show());
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") current = Math.min(hits.length - 1, current + 1);
    else if (event.key === "ArrowUp") current = Math.max(0, current - 1);
    else if (event.key === "Enter") return pick(hits[current]?.id);
    else if (event.key === "Escape") return close();
    else return;
    event.preventDefault();
    mark();
  });
  input.addEventListener("blur", close);
  document.addEventListener("keydown", (event) => {
    const target = event.target;
    const typing = target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement;
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
  return box;
}

function describe(run: RunIndex, id: string, why: string): HTMLElement[] {
  const node = run.node(id);
  const detail = run.graph.has(id) ? labelNode(run.graph, id).detail : "";
  const type = node ? (detail.startsWith(node.type) ? detail : node.type) : "";
  return [
    h("span", { class: "mono" }, id),
    h("span", { class: "faint" }, type),
    ...(why ? [h("span", { class: "why", title: why }, why)] : []),
  ];
}
