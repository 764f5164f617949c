/** What the colours mean, how outliers are drawn, and the switch between a linear and a logarithmic scale. */

import { count } from "../model/format";
import type { ScaleChoice } from "../model/colourscale";
import { stepsOf } from "../model/palettes";
import type { Colouring } from "./colouring";
import { h, icon } from "./dom";

export interface LegendActions {
  rescale: (choice: ScaleChoice) => void;
  /** Show less of the legend, or all of it again; left out where it is in nothing's way. */
  shrink?: () => void;
}

export function legendParts(colouring: Colouring, moment: string, actions: LegendActions): HTMLElement[] {
  const { measure } = colouring;
  return [
    h("div", { class: "legend-head" }, h("div", { class: "legend-title" }, measure.label), scaleSwitch(colouring, actions), actions.shrink && shrinkButton(actions.shrink)),
    h("div", { class: "faint legend-note" }, [measure.note, moment].filter(Boolean).join(", ")),
    ramp(colouring),
    ticks(colouring),
    keys(colouring),
    ...lines(colouring).map((line) => h("div", { class: "legend-coverage faint" }, line)),
  ];
}

function shrinkButton(shrink: () => void): HTMLElement {
  return h("button", { type: "button", class: "legend-shrink", "aria-label": "Show more or less of the legend", click: shrink }, icon("open"));
}

function scaleSwitch({ scale }: Colouring, actions: LegendActions): HTMLElement {
  const button = (choice: ScaleChoice, name: string, isOn: boolean, title: string) =>
    h("button", { type: "button", "aria-pressed": String(isOn), title, click: () => actions.rescale(choice) }, name);
  const log = scale.map === "diverging" ? "Symlog" : "Log";
  const title = scale.map === "diverging" ? "logarithmic on both sides of zero" : "logarithmic";
  return h(
    "div",
    { class: "switch small", role: "group", "aria-label": "Scale" },
    button("linear", "Linear", scale.kind === "linear", "linear"),
    button("log", log, scale.kind !== "linear", title),
  );
}

function ramp({ scale, theme }: Colouring): HTMLElement {
  const element = h("div", { class: "legend-ramp" });
  element.style.background = `linear-gradient(90deg, ${stepsOf(theme, scale.map).join(", ")})`;
  return element;
}

function ticks({ scale, measure }: Colouring): HTMLElement {
  const marks = scale.ticks().map((tick) => {
    const mark = h("span", {}, tick === 0 ? "0" : (measure.short ?? measure.format)(tick));
    mark.style.left = `${Math.min(92, Math.max(8, 100 * scale.at(tick)))}%`;
    return mark;
  });
  return h("div", { class: "legend-ticks" }, ...marks);
}

function keys(colouring: Colouring): HTMLElement {
  const { scale, measure } = colouring;
  const odd = [scale.nan && `${count(scale.nan)} NaN`, scale.infinite && `${count(scale.infinite)} infinite`].filter(Boolean);
  const { count: missing, reason } = colouring.unmeasured();
  return h(
    "div",
    { class: "legend-keys" },
    h("span", {}, h("i", {}), measure.without),
    h("span", { title: reason || null }, h("i", { class: "hatched" }), missing ? `not measured (${count(missing)})` : "not measured"),
    odd.length > 0 && h("span", { class: "glyph error" }, `✕ ${odd.join(", ")}`),
  );
}

/** What else has to be said: what was clipped, how groups come by a value, what the total stands for. */
function lines(colouring: Colouring): string[] {
  const { scale, measure } = colouring;
  const clipped = [
    scale.above && `${count(scale.above)} above ${measure.format(scale.high)}`,
    scale.below && `${count(scale.below)} below ${measure.format(scale.low)}`,
    scale.zeros && `${count(scale.zeros)} at zero`,
  ].filter(Boolean);
  const { count: missing, reason } = colouring.unmeasured();
  return [
    clipped.length ? `Clipped to the ends: ${clipped.join(", ")}.` : "",
    measure.groups ? `Groups: ${measure.groups}.` : "",
    missing && reason ? `Not measured: ${reason}.`.replace(/\.\.$/, ".") : "",
    measure.coverage ?? "",
  ].filter(Boolean);
}
