/** A chart with a switch of the axis on which its values are drawn. */

import type { Panel } from "../generated/document";
import { h } from "../app/dom";
import { visible } from "../model/names";
import { type Scaling, SCALINGS, rescaled, scalingOf } from "./rescale";

/** What draws one panel, and takes in what has grown. */
interface Drawn {
  element: HTMLElement;
  readonly shown: Panel;
  canRenew(panel: Panel): boolean;
  renew(panel: Panel): void;
}

/** What people chose, by view and panel: it stays where a page is made anew. */
const chosen = new Map<string, Scaling>();

/** Panels on whose axes there is nothing to choose have no switch. */
export class ScaledChart<Chart extends Drawn> {
  private readonly key: string;
  private readonly choice: HTMLSelectElement | null;
  private drawn: Chart;

  constructor(
    view: string,
    private panel: Panel,
    private readonly draw: (panel: Panel, tools: readonly HTMLElement[]) => Chart,
  ) {
    this.key = `${view}\u0000${panel.title}`;
    this.choice = scalingOf(panel) === null ? null : this.choiceOf();
    this.drawn = this.drawnAnew();
  }

  get element(): HTMLElement {
    return this.drawn.element;
  }

  /** The panel as it is drawn. */
  get shown(): Panel {
    return this.drawn.shown;
  }

  /** Whether a panel can be drawn where this one is. */
  canRenew(panel: Panel): boolean {
    return (scalingOf(panel) === null) === (this.choice === null) && this.drawn.canRenew(this.onAxis(panel));
  }

  renew(panel: Panel): void {
    this.panel = panel;
    this.drawn.renew(this.onAxis(panel));
    if (this.choice) this.choice.value = this.scaling() ?? "";
  }

  /** The chosen axis, else the panel's own. */
  private scaling(): Scaling | null {
    return chosen.get(this.key) ?? scalingOf(this.panel);
  }

  private onAxis(panel: Panel): Panel {
    const [own, scale] = [scalingOf(panel), chosen.get(this.key)];
    return own === null || scale === undefined || scale === own ? panel : rescaled(panel, scale);
  }

  private drawnAnew(): Chart {
    return this.draw(this.onAxis(this.panel), this.choice ? [this.choice] : []);
  }

  private choiceOf(): HTMLSelectElement {
    const shown = this.scaling();
    const options = SCALINGS.map((scale) => h("option", { value: scale, selected: scale === shown }, scale));
    const choice = h("select", { class: "tool", "aria-label": `Axis of ${visible(this.panel.title)}`, title: "Axis of the values" }, ...options);
    choice.addEventListener("change", () => {
      chosen.set(this.key, choice.value as Scaling);
      const before = this.element;
      this.drawn = this.drawnAnew();
      before.replaceWith(this.element);
      choice.focus();
    });
    return choice;
  }
}
