/** Keeps open what a person opened, where a part of the page is made anew. */

/** The headings of what is open. */
export function openedDetails(host: HTMLElement): string[] {
  return [...host.querySelectorAll("details[open] > summary")].map((summary) => headingOf(summary));
}

/** Opens what has one of these headings. */
export function openDetails(host: HTMLElement, headings: readonly string[]): void {
  for (const summary of host.querySelectorAll("details > summary"))
    if (headings.includes(headingOf(summary))) (summary.parentElement as HTMLDetailsElement).open = true;
}

/** Without the number that some headings end with: it may have changed. */
function headingOf(summary: Element): string {
  return (summary.textContent ?? "").replace(/ \([\d,]+\)$/, "");
}
