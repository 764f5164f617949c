/** Handing a file to the person, where the page is allowed to. */

/** What to say beside a download in a frame, which may forbid it without telling the page; else null. */
export function downloadDoubt(): string | null {
  if (!isFramed()) return null;
  return "If no file came: the frame around this page allows none. Save the report as a file and open that.";
}

function isFramed(): boolean {
  try {
    return window.self !== window.top;
  } catch (error) {
    if (error instanceof DOMException) return true; // another origin is around it
    throw error;
  }
}

/** A name that every file system takes: letters, digits, dots, dashes; not too long. */
export function fileName(parts: readonly string[], ending: string): string {
  const kept = parts
    .map((part) => part.normalize("NFKD").replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[-.]+|[-.]+$/g, ""))
    .filter(Boolean)
    .join("-")
    .slice(0, 80)
    .replace(/[-.]+$/, "");
  const isReserved = /^(con|prn|aux|nul|com\d|lpt\d)$/i.test(kept);
  return `${isReserved || !kept ? `chart${kept ? `-${kept}` : ""}` : kept}.${ending}`;
}

/** Save text as a file on the person's machine. */
export function saveText(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.download = name;
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
