/** Building elements. Text only ever goes in as text, and as it may be shown: names are data from strangers. */

import { isolated, stretches, visible } from "../model/names";

/** Attributes that people see or hear. */
const READ_OUT = new Set(["title", "aria-label", "aria-valuetext", "placeholder"]);

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>;

function fill(element: Element, attributes: Attributes | string, children: Child[]): void {
  const given = typeof attributes === "string" ? { class: attributes } : attributes;
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : READ_OUT.has(name) ? isolated(String(value)) : String(value));
  }
  const write = element instanceof SVGElement ? isolated : named;
  for (const child of children) if (child || child === "") element.append(typeof child === "string" ? write(child) : child);
}

/** An HTML element: `h("button", { type: "button", click: act }, "Fit")`; a string alone is its class. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes | string = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  fill(element, attributes, children);
  return element;
}

/**
 * A stranger's name in HTML: what cannot be seen is written out, and words that are written from
 * right to left stay where they are in it. What is copied from the page is the text alone.
 */
export function named(name: string): HTMLElement | string {
  const found = stretches(name);
  if (!found.some(({ isTurned }) => isTurned)) return visible(name);
  const parts = found.map(({ text, isTurned }) => {
    const part = document.createTextNode(text);
    return isTurned ? h("bdi", {}, part) : part;
  });
  return h("bdi", { dir: "ltr" }, ...parts);
}

/** An SVG element. */
export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  fill(element, attributes, children);
  return element;
}

const ICONS = {
  search: "M6.5 1.5a5 5 0 1 1 0 10a5 5 0 0 1 0-10M10.2 10.2L14.5 14.5",
  theme: "M8 4.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 0 1 0-7M8 .8v1.8M8 13.4v1.8M.8 8h1.8M13.4 8h1.8M2.9 2.9l1.3 1.3M11.8 11.8l1.3 1.3M13.1 2.9l-1.3 1.3M4.2 11.8l-1.3 1.3",
  drawer: "M2 3.5h12M2 8h12M2 12.5h12",
  open: "M3 5.5l5 5l5-5",
  closed: "M5.5 3l5 5l-5 5",
} as const;

export function icon(name: keyof typeof ICONS): SVGSVGElement {
  return s(
    "svg",
    { viewBox: "0 0 16 16", "aria-hidden": "true" },
    s("path", {
      d: ICONS[name],
      fill: "none",
      stroke: "currentColor",
      "stroke-width": 1.6,
      "stroke-linecap": "round",
      "stroke-linejoin": "round",
    }),
  );
}
