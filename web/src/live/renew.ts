/** Brings a page of cards up to data that grew: charts take them in where they stand, other cards are replaced. */

import { keeping } from "../app/keeping";
import { renewView } from "../charts/view";
import type { View } from "../generated/document";

/**
 * @param shown the grid on the page. @param fresh one of the same page with empty charts.
 * @param viewOf the view of that name, as it is now.
 * @returns false where the cards are others than before, or a chart cannot take the data in: then all is drawn anew.
 */
export function renewCards(shown: Element, fresh: Element, viewOf: (name: string) => View | undefined): boolean {
  const [before, after] = [[...shown.children], [...fresh.children]];
  const names = (cards: readonly Element[]) => cards.map((card) => card.querySelector<HTMLElement>("[data-view]")?.dataset["view"] ?? "").join();
  if (before.length !== after.length || names(before) !== names(after)) return false;
  return before.every((card, i) => {
    const drawn = card.querySelector<HTMLElement>("[data-view]");
    if (!drawn) {
      keeping(card as HTMLElement, () => card.replaceChildren(...after[i]!.childNodes));
      return true;
    }
    const [header, newer] = [card.querySelector("header"), after[i]!.querySelector("header")];
    if (header && newer && header.textContent !== newer.textContent) header.replaceWith(newer);
    const view = viewOf(drawn.dataset["view"] ?? "");
    return view === undefined || renewView(drawn, view);
  });
}
