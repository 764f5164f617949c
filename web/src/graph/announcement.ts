/** A long work is not spoken of before it has taken so long. */
const PATIENCE_MS = 250;

/** A line over the graph that says what was done, and why not more, or how far a long work is. */
export class Announcement {
  private readonly box = document.createElement("div");
  private readonly words = document.createElement("span");
  private readonly bar = document.createElement("progress");
  private readonly closer = document.createElement("button");
  private began = 0;

  constructor(host: HTMLElement) {
    this.box.className = "graph-notice";
    this.box.setAttribute("role", "status");
    this.closer.type = "button";
    this.closer.textContent = "✕";
    this.closer.setAttribute("aria-label", "Close this message");
    this.closer.addEventListener("click", () => this.say(null));
    this.bar.max = 1;
    this.bar.setAttribute("aria-hidden", "true");
    this.box.append(this.words, this.bar, this.closer);
    this.say(null);
    host.append(this.box);
  }

  /** Shows a sentence, or nothing. */
  say(text: string | null): void {
    this.began = performance.now();
    this.box.hidden = text === null;
    this.bar.hidden = true;
    this.closer.hidden = false;
    this.words.textContent = text ?? "";
  }

  /** Shows how much of a work is done, 0 to 1, once it has taken a while since the last sentence. */
  tell(work: string, share: number): void {
    if (performance.now() - this.began < PATIENCE_MS) return;
    this.box.hidden = false;
    this.bar.hidden = false;
    this.closer.hidden = true;
    this.bar.value = share;
    if (this.words.textContent !== work) this.words.textContent = work;
  }

  destroy(): void {
    this.box.remove();
  }
}
