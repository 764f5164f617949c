/** Work goes on for so long before the page is let draw and answer. */
const SLICE_MS = 10;

/** One long work at a time, done in slices between the frames of the page. */
export class Slices {
  private running: AbortController | null = null;

  /** Whether some work is not done yet. */
  get busy(): boolean {
    return this.running !== null;
  }

  /**
   * Does a work that is done bit by bit; what was being done before is given up.
   *
   * @returns what the work gives, or null if it was given up.
   */
  async run<T>(steps: Generator<number, T>, tell: (share: number) => void): Promise<T | null> {
    this.stop();
    const mine = (this.running = new AbortController());
    for (;;) {
      await turn();
      if (mine.signal.aborted) return null;
      const end = performance.now() + SLICE_MS;
      let step = steps.next();
      while (!step.done && performance.now() < end) step = steps.next();
      if (step.done) {
        this.running = null;
        return step.value;
      }
      tell(step.value);
    }
  }

  stop(): void {
    this.running?.abort();
    this.running = null;
  }
}

/** Lets the page draw and answer. A message is not held back as a timer is. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
