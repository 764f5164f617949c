/** What the bar says of a run that is followed: whether it goes on, up to which step, and how the connection is. */

import { h } from "../app/dom";
import { count } from "../model/format";
import type { Condition } from "./stream";

const STATES: Record<string, string> = {
  running: "Running",
  ended: "Ended",
  silent: "Silent: nothing came for a while, and it did not say that it ended",
};

export class LiveStatus {
  private readonly words = h("span", "live-state");
  private readonly reached = h("span", {});
  private readonly chip = h("div", { class: "live-chip", role: "status" }, h("i", { "aria-hidden": "true" }), this.words, this.reached);
  private readonly banner = h("div", { class: "live-banner", role: "status", hidden: true });
  private current = "";
  private last: number | null = null;
  private isLost = false;

  constructor(state: string) {
    const bar = document.querySelector(".bar");
    bar?.querySelector(".run-name")?.before(h("a", { class: "live-runs", href: "../../" }, "Runs"));
    bar?.querySelector(".run-name")?.after(this.chip);
    bar?.after(this.banner);
    this.state(state);
  }

  state(state: string): void {
    this.current = state;
    this.write();
  }

  step(step: number | null): void {
    this.last = step;
    this.write();
  }

  condition({ kind, reason }: Condition): void {
    this.isLost = kind !== "live";
    const words = {
      live: "",
      lost: "The connection to the server is lost; it is tried again.",
      gone: `${reason || "This run is gone."} What was read stays on this page.`,
      refused: `${reason || "The server does not know this page."} This page then goes on by itself.`,
    }[kind];
    this.banner.textContent = words;
    this.banner.hidden = words === "";
    this.write();
  }

  private write(): void {
    const state = this.isLost ? "lost" : this.current;
    this.chip.dataset["state"] = state;
    const said = this.isLost ? "Not connected" : (STATES[this.current] ?? "Live").split(":")[0]!;
    this.words.textContent = said;
    this.reached.textContent = this.last === null ? "" : `step ${count(this.last)}`;
    this.chip.title = this.isLost ? said : (STATES[this.current] ?? said);
  }
}
