/** A line over the graph that says what was done, and why not more. */
export class Notice {
  private readonly box = document.createElement("div");
  private readonly words = document.createElement("span");

  constructor(host: HTMLElement) {
    this.box.className = "graph-notice";
    this.box.setAttribute("role", "status");
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "✕";
    close.setAttribute("aria-label", "Close this message");
    close.addEventListener("click", () => this.say(null));
    this.box.append(this.words, close);
    this.box.hidden = true;
    host.append(this.box);
  }

  /** Shows a sentence, or nothing. */
  say(text: string | null): void {
    this.box.hidden = text === null;
    this.words.textContent = text ?? "";
  }

  destroy(): void {
    this.box.remove();
  }
}
