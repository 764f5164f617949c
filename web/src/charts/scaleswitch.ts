/** A switch beside a chart: on which axis its values are drawn. */

import type { Panel } from "../generated/document";
import { h } from "../app/dom";
import { visible } from "../model/names";
import { type Scaling, SCALINGS, rescaled, scalingOf } from "./rescale";

/** Draws a panel with tools beside it. */
type Draw = (panel: Panel, tools: readonly HTMLElement[]) => HTMLElement;

/** The chart, with a switch of its axis where there is one to choose; it is drawn anew when chosen. */
export function withScales(panel: Panel, draw: Draw): HTMLElement {
  const own = scalingOf(panel);
  if (own === null) return draw(panel, []);
  let shown: HTMLElement;
  const choose = h("select", { class: "tool", "aria-label": `Axis of ${visible(panel.title)}`, title: "Axis of the values" }, ...SCALINGS.map((scale) => h("option", { value: scale, selected: scale === own }, scale)));
  choose.addEventListener("change", () => {
    const scale = choose.value as Scaling;
    const next = draw(scale === own ? panel : rescaled(panel, scale), [choose]);
    shown.replaceWith(next);
    shown = next;
    choose.focus();
  });
  shown = draw(panel, [choose]);
  return shown;
}
