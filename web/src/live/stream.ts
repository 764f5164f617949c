/** Server-sent events that come back by themselves: after sleep, after a restart, when the page is seen again. */

/** How the connection is: `live`, `lost` (it is tried again), `gone` and `refused` (with the server's reason). */
export interface Condition {
  kind: "live" | "lost" | "gone" | "refused";
  reason: string;
}

export interface Listener {
  change: (text: string) => void;
  condition: (condition: Condition) => void;
}

/** A server that has nothing to say says so every ten seconds. */
const SILENCE_MS = 30_000;
const WATCH_MS = 5_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;
/** What is gone or refused may come back, but not soon. */
const RARE_MS = 5_000;

export class Stream {
  private events: EventSource | null = null;
  private heard = 0;
  private wait = FIRST_WAIT_MS;
  private timer: number | undefined;

  /**
   * @param address of the stream from a version on. @param probe tells by its status why a stream does not open.
   * @param version up to which the page has read.
   */
  constructor(
    private readonly address: (since: string) => string,
    private readonly probe: string,
    private version: string,
    private readonly listener: Listener,
  ) {}

  open(): void {
    document.addEventListener("visibilitychange", () => (document.hidden ? this.close() : this.connect()));
    addEventListener("pageshow", () => this.connect());
    addEventListener("pagehide", () => this.close());
    addEventListener("online", () => this.connect());
    setInterval(() => this.watch(), WATCH_MS);
    if (!document.hidden) this.connect();
  }

  /** A browser holds few connections to one server, so a page that nobody sees has none. */
  private close(): void {
    clearTimeout(this.timer);
    this.events?.close();
    this.events = null;
  }

  private connect(): void {
    if (this.events) return;
    clearTimeout(this.timer);
    const events = new EventSource(this.address(this.version));
    this.events = events;
    this.heard = Date.now();
    events.addEventListener("open", () => this.isHere());
    events.addEventListener("here", () => this.isHere());
    events.addEventListener("change", (event) => {
      this.isHere();
      this.version = event.lastEventId || this.version;
      this.listener.change(String(event.data));
    });
    events.addEventListener("gone", (event) => {
      this.again(RARE_MS, { kind: "gone", reason: (JSON.parse(String(event.data)) as { reason: string }).reason });
    });
    events.addEventListener("error", () => void this.failed(events));
  }

  private isHere(): void {
    this.heard = Date.now();
    this.wait = FIRST_WAIT_MS;
    this.listener.condition({ kind: "live", reason: "" });
  }

  /** A connection may be dead without an error: after sleep, or behind a tunnel. */
  private watch(): void {
    if (!this.events || document.hidden || Date.now() - this.heard < SILENCE_MS) return;
    this.close();
    this.connect();
  }

  private async failed(events: EventSource): Promise<void> {
    if (events !== this.events) return;
    this.close();
    const lost: Condition = { kind: "lost", reason: "" };
    const condition = await this.why().catch(() => lost);
    if (this.events || document.hidden) return; // it was opened again meanwhile
    this.again(condition.kind === "lost" ? this.wait : RARE_MS, condition);
    this.wait = Math.min(2 * this.wait, LONGEST_WAIT_MS);
  }

  private async why(): Promise<Condition> {
    const answer = await fetch(this.probe, { credentials: "same-origin", referrerPolicy: "no-referrer" });
    if (answer.ok) return { kind: "lost", reason: "" };
    const reason = (await answer.text()).trim();
    return { kind: answer.status === 404 || answer.status === 422 ? "gone" : "refused", reason };
  }

  private again(after: number, condition: Condition): void {
    this.close();
    this.listener.condition(condition);
    this.timer = setTimeout(() => this.connect(), after);
  }
}
