/** The one writer of SVG: for the page, and for files that open anywhere. */

import { isolated, visible } from "../model/names";
import { colourOf, type Theme } from "./palette";
import { type Picture, type Shape, type TextShape, label, rect, textWidth } from "./picture";

export const FONT = "Inter, 'SF Pro Text', 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif";
const SPACE = "http://www.w3.org/2000/svg";

/** An element before it is text or part of a page. */
export interface Tag {
  name: string;
  attributes: Record<string, string | number>;
  text?: string;
}

/** A shape as an element whose look is in its own attributes: no style sheet, class or reference. */
export function tagsOf(shape: Shape, theme: Theme): Tag[] {
  if (shape.kind === "text") return textTags(shape, theme);
  const look: Tag["attributes"] = { fill: colourOf(shape.fill ?? "none", theme) };
  if (shape.stroke) Object.assign(look, { stroke: colourOf(shape.stroke, theme), "stroke-width": shape.kind === "path" ? (shape.width ?? 1) : 1 });
  if (shape.dash) look["stroke-dasharray"] = shape.dash.join(" ");
  if (shape.opacity !== undefined) look["opacity"] = shape.opacity;
  if (shape.kind === "path") return [{ name: "path", attributes: { d: shape.d, "stroke-linejoin": "round", ...look } }];
  const { x, y, width, height } = shape;
  const corner: Tag["attributes"] = shape.radius ? { rx: shape.radius } : {};
  return [{ name: "rect", attributes: { x, y, width, height, ...corner, ...look } }];
}

/** A rim is a text of its own beneath: not every program knows `paint-order`. */
function textTags(shape: TextShape, theme: Theme): Tag[] {
  const attributes: Tag["attributes"] = { x: shape.x, y: shape.y, "font-size": shape.size ?? 10, fill: colourOf(shape.fill, theme) };
  if (shape.bold) attributes["font-weight"] = 600;
  if (shape.anchor && shape.anchor !== "start") attributes["text-anchor"] = shape.anchor;
  if (shape.turn) attributes["transform"] = `rotate(${shape.turn} ${shape.x} ${shape.y})`;
  const text = { name: "text", attributes, text: shape.text };
  if (!shape.halo) return [text];
  const rim = { ...attributes, stroke: colourOf(shape.halo, theme), "stroke-width": 3, "stroke-linejoin": "round", "aria-hidden": "true" };
  return [{ ...text, attributes: rim }, text];
}

/** Shapes as elements of the page. */
export function mount(shapes: readonly Shape[], theme: Theme): DocumentFragment {
  const fragment = document.createDocumentFragment();
  for (const tag of shapes.flatMap((shape) => tagsOf(shape, theme))) {
    const element = document.createElementNS(SPACE, tag.name);
    for (const [name, value] of Object.entries(tag.attributes)) element.setAttribute(name, String(value));
    if (tag.text !== undefined) element.textContent = isolated(tag.text);
    fragment.append(element);
  }
  return fragment;
}

export interface Caption {
  title: string;
  subtitle: string;
  description: string;
  notes: readonly string[];
}

const EDGE = 16;
const HEAD = 40;
const LINE = 14;

/** A whole file: title, unit, picture and notes, on white, with its description in words. */
export function svgFile(picture: Picture, caption: Caption): string {
  const head = picture.head;
  const tall = picture.height + (head?.height ?? 0);
  const width = picture.width + 2 * EDGE;
  const notes = caption.notes.flatMap((note) => wrapped(visible(note), picture.width));
  const height = Math.ceil(HEAD + tall + notes.length * LINE + EDGE);
  const title = label(EDGE, 20, visible(caption.title), { size: 13, bold: true, fill: "text" });
  const around: Shape[] = [
    rect(0, 0, width, height, "panel"),
    title,
    label(EDGE + textWidth(title.text, 13, true) + 10, 20, visible(caption.subtitle), { size: 11 }),
    ...notes.map((note, i) => label(EDGE, HEAD + tall + (i + 1) * LINE, note, { size: 10, fill: "text-3" })),
  ];
  const group = (shapes: readonly Shape[], down: number): string =>
    `<g transform="translate(${EDGE} ${down})">${shapes.map(written).join("\n")}</g>`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<svg xmlns="${SPACE}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escaped(FONT)}" role="img">`,
    `<title>${escaped(visible(caption.title))}</title>`,
    `<desc>${escaped(visible(caption.description))}</desc>`,
    ...around.map(written),
    ...(head ? [group(head.shapes, HEAD)] : []),
    group(picture.shapes, HEAD + (head?.height ?? 0)),
    "</svg>",
    "",
  ].join("\n");
}

function written(shape: Shape): string {
  return tagsOf(shape, "light").map(element).join("");
}

function element({ name, attributes, text }: Tag): string {
  const fields = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  return text === undefined ? `<${name}${fields.join("")}/>` : `<${name}${fields.join("")}>${escaped(isolated(text))}</${name}>`;
}

const MARKUP: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text as it may stand in markup; characters that XML does not know are left out. */
export function escaped(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "").replace(/[&<>"']/g, (sign) => MARKUP[sign]!);
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let current = "";
  for (const word of text.split(" ")) {
    const longer = current ? `${current} ${word}` : word;
    if (current && textWidth(longer) > width) {
      lines.push(current);
      current = word;
    } else current = longer;
  }
  return current ? [...lines, current] : lines;
}
