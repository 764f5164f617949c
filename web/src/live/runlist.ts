/** The runs that the server lists, without the page: what changed, what matches, in which order. */

export interface RunRow {
  id: string;
  name: string;
  place: string;
  /** ISO 8601; empty where it is not known. */
  created: string;
  /** Seconds since 1970. */
  changed_s: number;
  last_step: number | null;
  state: "running" | "ended" | "silent";
  /** What a short look showed; null where there was none yet. */
  glance: {
    model: string;
    loss: string;
    steps: number[];
    values: (number | string)[];
    last: number | string | null;
    step: number | null;
    trouble: string;
  } | null;
}

export interface RunsChange {
  version: string;
  /** Whether these are all runs that there are. */
  whole: boolean;
  rows: RunRow[];
  gone: string[];
}

export class RunList {
  private readonly runs = new Map<string, RunRow>();

  take(change: RunsChange): { changed: RunRow[]; gone: string[] } {
    const present = new Set(change.rows.map((row) => row.id));
    const gone = change.whole ? [...this.runs.keys()].filter((id) => !present.has(id)) : change.gone.filter((id) => this.runs.has(id));
    for (const id of gone) this.runs.delete(id);
    for (const row of change.rows) this.runs.set(row.id, row);
    return { changed: change.rows, gone };
  }

  get total(): number {
    return this.runs.size;
  }

  get running(): number {
    return [...this.runs.values()].filter((run) => run.state === "running").length;
  }

  run(id: string): RunRow | undefined {
    return this.runs.get(id);
  }

  /** Newest first. */
  sorted(): RunRow[] {
    return [...this.runs.values()].sort((a, b) => begun(b) - begun(a) || (a.place < b.place ? -1 : 1));
  }

  /** Those in which every word stands somewhere, newest first. */
  found(text: string): RunRow[] {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return this.sorted().filter((run) => {
      const said = `${run.name} ${run.place} ${run.glance?.model ?? ""} ${run.state}`.toLowerCase();
      return words.every((word) => said.includes(word));
    });
  }
}

/** When a run was begun, in seconds since 1970; when it was last written to, where that is not known. */
function begun(run: RunRow): number {
  const at = Date.parse(run.created);
  return Number.isNaN(at) ? run.changed_s : at / 1000;
}

/** `12 s ago`, `5 min ago`, `3 h ago`, `2 d ago`. */
export function agoText(then: number, now: number): string {
  const past = Math.max(0, now - then);
  if (past < 10) return "now";
  if (past < 60) return `${Math.floor(past / 10) * 10} s ago`;
  if (past < 3600) return `${Math.floor(past / 60)} min ago`;
  return past < 86_400 ? `${Math.floor(past / 3600)} h ago` : `${Math.floor(past / 86_400)} d ago`;
}

/** Day and time where the reader is. */
export function dateText(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "–";
  return at.toLocaleString("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
}

/** A value as people read it; one that is no number by its name, and a dash where there is none. */
export function valueText(value: number | string | null, write: (value: number) => string): string {
  if (value === null) return "–";
  if (typeof value === "number") return write(value);
  return value === "Infinity" ? "Inf" : value === "-Infinity" ? "−Inf" : "NaN";
}
