/** Writing a part of the page anew without taking away what the reader did there: scroll, focus, what is unfolded. */

import { openDetails, openedDetails } from "./details";

const FOCUSABLE = "button, input, select, summary, a[href], [tabindex]";

/** Do something that replaces the content of an element, then put scroll, focus and open details back. */
export function keeping(element: HTMLElement, replace: () => void): void {
  const { scrollTop } = element;
  const open = openedDetails(element);
  const active = document.activeElement;
  const focused = active && element.contains(active) ? [...element.querySelectorAll(FOCUSABLE)].indexOf(active) : -1;
  const label = focused < 0 ? "" : nameOf(active!);
  replace();
  openDetails(element, open);
  if (focused >= 0) {
    const all = [...element.querySelectorAll<HTMLElement>(FOCUSABLE)];
    const same = all[focused] && nameOf(all[focused]) === label ? all[focused] : all.find((each) => nameOf(each) === label);
    same?.focus({ preventScroll: true });
  }
  element.scrollTop = scrollTop;
}

function nameOf(element: Element): string {
  return `${element.tagName} ${element.getAttribute("aria-label") ?? element.textContent ?? ""}`;
}
