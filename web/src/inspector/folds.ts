/** How a number differs across the members of a fold: least, middle, greatest, and each by itself. */

import type { Colouring } from "../app/colouring";
import { h, s } from "../app/dom";
import { linearScale, logScale, type Scale, symlogScale } from "../charts/scale";
import { count } from "../model/format";
import { type FoldIndex, type PlaceInFold, spreadOf } from "../model/foldindex";

const WIDTH = 320;
const HEIGHT = 104;
const [LEFT, RIGHT, TOP, BOTTOM] = [34, 8, 12, 16];
/** Room above and below the values on a logarithmic axis, as a factor. */
const LOG_MARGIN = 1.3;
/** About as wide is a letter of a label. */
const LETTER = 5.6;

interface Point {
  node: string;
  name: string;
  value: number | null;
  x: number;
}

/** A chart for each fold that the node lies in, innermost first. */
export function foldSections(folds: FoldIndex, id: string, colouring: Colouring, choose: (node: string) => void): HTMLElement[] {
  return folds.placesOf(id).map((place) => section(place, colouring, choose));
}

function section(place: PlaceInFold, colouring: Colouring, choose: (node: string) => void): HTMLElement {
  const values = place.nodes.map((node) => colouring.valueOf(node));
  const spread = spreadOf(values.filter((value) => value === null || Number.isFinite(value)));
  const last = place.nodes.length - 1;
  const step = (by: number, name: string, sign: string) =>
    h(
      "button",
      { type: "button", class: "icon-button", "aria-label": name, disabled: place.member + by < 0 || place.member + by > last, click: () => choose(place.nodes[place.member + by]!) },
      sign,
    );
  const title = h("h2", {}, `Across the ${count(place.nodes.length)} members`, h("small", {}, colouring.measure.label.toLowerCase()));
  const head = h("div", { class: "fold-head" }, title, h("div", { class: "fold-steps" }, step(-1, "Previous member", "‹"), step(1, "Next member", "›")));
  if (!spread) {
    const reason = values.some((_, i) => colouring.isUnmeasured(place.nodes[i]!)) ? colouring.reason(place.nodes[0]!) : `${colouring.measure.label}: ${colouring.measure.without}`;
    return h("section", { class: "fold" }, head, h("div", { class: "not-measured hatched" }, reason));
  }
  const facts = ([["least", spread.least], ["median", spread.middle], ["most", spread.most]] as const).map(([name, value]) =>
    h("span", {}, `${name} `, h("b", {}, colouring.text(value))),
  );
  const odd = values.filter((value) => value !== null && !Number.isFinite(value)).length;
  if (odd) facts.push(h("span", { class: "glyph error" }, `✕ ${count(odd)} not finite`));
  const missing = place.nodes.length - spread.measured - odd;
  if (missing) facts.push(h("span", { class: "faint" }, `${count(missing)} not measured`));
  return h("section", { class: "fold" }, head, h("div", { class: "fold-facts" }, ...facts), chart(place, values, colouring, choose));
}

function chart(place: PlaceInFold, values: readonly (number | null)[], colouring: Colouring, choose: (node: string) => void): SVGSVGElement {
  const room = (WIDTH - LEFT - RIGHT) / values.length;
  const points = values.map((value, i) => ({ node: place.nodes[i]!, name: place.names[i]!, value, x: LEFT + room * (i + 0.5) }));
  const scale = scaleOf(values, colouring);
  const y = (value: number) => TOP + (1 - scale.place(value)) * (HEIGHT - TOP - BOTTOM);
  const drawing = s("svg", { class: "chart fold-chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": `${colouring.measure.label} of each member` });
  drawing.append(...grid(scale, y, colouring), ...names(points));
  const current = points[place.member]!;
  drawing.append(s("line", { x1: current.x, x2: current.x, y1: TOP - 6, y2: HEIGHT - BOTTOM, class: "fold-rule" }));
  for (const run of unbroken(points)) drawing.append(s("polyline", { points: run.map(({ x, value }) => `${x.toFixed(1)},${y(value!).toFixed(1)}`).join(" "), class: "fold-line" }));
  for (const point of points) drawing.append(...marks(point, point === current, room, y, colouring));
  drawing.append(...labels(points, current, y, colouring));
  for (const point of points) drawing.append(target(point, room, colouring, choose));
  return drawing;
}

function scaleOf(values: readonly (number | null)[], { scale }: Colouring): Scale {
  const finite = values.filter((value) => value !== null).filter(Number.isFinite);
  if (scale.kind === "log" && finite.every((value) => value > 0) && finite.length) return logScale(finite.flatMap((value) => [value * LOG_MARGIN, value / LOG_MARGIN]));
  const sizes = finite.map(Math.abs).filter((size) => size > 0);
  if (scale.kind === "symlog" && sizes.length) return symlogScale(Math.floor(Math.log10(Math.min(...sizes))), Math.ceil(Math.log10(Math.max(...sizes))));
  return linearScale(finite, finite.some((value) => value < 0) || Math.min(...finite) < Math.max(...finite) / 2, 4);
}

function grid(scale: Scale, y: (value: number) => number, { measure }: Colouring): SVGElement[] {
  const every = Math.ceil(scale.ticks.length / 5);
  return scale.ticks
    .filter((_, i) => i % every === 0)
    .flatMap(({ value }) => [
      s("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value), class: "tick-line" }),
      s("text", { x: LEFT - 5, y: y(value) + 3, "text-anchor": "end" }, value === 0 ? "0" : (measure.short ?? measure.format)(value)),
    ]);
}

function names(points: readonly Point[]): SVGElement[] {
  const every = Math.max(1, Math.ceil(points.length / 5));
  const last = points.length - 1;
  return points
    .filter((_, i) => i === last || (i % every === 0 && last - i >= every / 2))
    .map(({ name, x }) => s("text", { x, y: HEIGHT - 4, "text-anchor": "middle" }, name));
}

/** Stretches of neighbours that are numbers. */
function unbroken(points: readonly Point[]): Point[][] {
  const runs: Point[][] = [[]];
  for (const point of points) {
    if (point.value !== null && Number.isFinite(point.value)) runs.at(-1)!.push(point);
    else if (runs.at(-1)!.length) runs.push([]);
  }
  return runs.filter((run) => run.length > 1);
}

function marks(point: Point, isCurrent: boolean, room: number, y: (value: number) => number, colouring: Colouring): SVGElement[] {
  const { value, x } = point;
  if (value === null) {
    const wide = Math.min(room, 14);
    return [s("rect", { x: x - wide / 2, y: TOP, width: wide, height: HEIGHT - TOP - BOTTOM, class: "fold-missing" })];
  }
  if (!Number.isFinite(value)) return [s("text", { x, y: TOP - 2, "text-anchor": "middle", class: "fold-odd" }, Number.isNaN(value) ? "✕" : value > 0 ? "↑" : "↓")];
  const dot = s("circle", { cx: x, cy: y(value), r: isCurrent ? 4.5 : Math.max(1.6, Math.min(3, room / 3)), class: isCurrent ? "fold-dot current" : "fold-dot" });
  dot.style.fill = colouring.colourOf(value);
  return [dot];
}

/** The number of the chosen member and, where it is another, of the greatest. */
function labels(points: readonly Point[], current: Point, y: (value: number) => number, colouring: Colouring): SVGElement[] {
  const finite = points.filter(({ value }) => value !== null && Number.isFinite(value));
  if (!finite.length) return [];
  const most = finite.reduce((best, point) => (point.value! > best.value! ? point : best));
  const isApart = Math.abs(most.x - current.x) > 80 && finite.some(({ value }) => value !== most.value);
  const shown = finite.includes(current) ? (isApart ? [most, current] : [current]) : isApart ? [most] : [];
  return shown.map((point) => {
    const isRight = point.x < WIDTH * 0.68;
    const text = `#${point.name} ${colouring.text(point.value!, true)}`;
    return s(
      "text",
      { x: point.x + (isRight ? 7 : -7), y: clearOf(finite, point, isRight, text.length * LETTER, y), "text-anchor": isRight ? "start" : "end", class: point === current ? "fold-label current" : "fold-label" },
      text,
    );
  });
}

/** The height for a label beside a point: over the curve where it runs under the words, or beneath it. */
function clearOf(points: readonly Point[], point: Point, isRight: boolean, width: number, y: (value: number) => number): number {
  const [from, to] = isRight ? [point.x, point.x + 7 + width] : [point.x - 7 - width, point.x];
  const under = points.filter(({ x }) => x >= from - 4 && x <= to + 4).map(({ value }) => y(value!));
  const above = Math.min(...under) - 8;
  const beneath = Math.max(...under) + 14;
  return above >= 9 || beneath > HEIGHT - BOTTOM - 2 ? Math.max(9, above) : beneath;
}

function target(point: Point, room: number, colouring: Colouring, choose: (node: string) => void): SVGElement {
  const said = point.value === null ? "not measured" : colouring.text(point.value);
  const area = s("rect", { x: point.x - room / 2, y: 0, width: room, height: HEIGHT, class: "fold-target", "data-member": point.node, click: () => choose(point.node) });
  area.append(s("title", {}, `${point.node}: ${said}`));
  return area;
}
