/** Where the data come from: a report carries them in itself, the live app fetches them and what is added. */

import type { Document, Line } from "../generated/document";
import type { Change } from "../live/changes";
import { type Condition, Stream } from "../live/stream";

export interface DataSource {
  /** @param told is told what share of the data was read, where that takes a while. */
  load(told?: (share: number) => void): Promise<Document>;
  /** What there is later, for data that grow; those of a report never do. */
  readonly live: LiveData | null;
}

/** Data that grow while they are looked at. */
export interface LiveData {
  /** Tell what changes from now on, and how the connection is. */
  follow(follower: { change: (change: Change) => void; condition: (condition: Condition) => void }): void;
  /** Charts of what is known now. */
  views(names: readonly string[]): Promise<Document["views"]>;
  /** Curves of a metric between two steps, in as much detail as a screen shows; null where there is no more. */
  detail(metric: string, low: number, high: number): Promise<DetailedLine[] | null>;
  /** Whether the run was going on when the data were fetched. */
  readonly state: string;
  /** Says when the graph is another: then the page is built anew. */
  readonly structure: string;
}

export interface DetailedLine {
  split: string | null;
  rank: number;
  x: Line["x"];
  y: Line["y"];
  points: number;
}

const READABLE = 1;

/** The server is asked so often how much of a long run it has read. */
const PROGRESS_MS = 500;

/** Data in a script element of the page: JSON, or gzip in base64. */
export class EmbeddedSource implements DataSource {
  readonly live = null;

  constructor(private readonly element: Pick<HTMLScriptElement, "type" | "textContent">) {}

  /** @throws Error when the data are damaged, or of a form that this viewer does not read. */
  async load(): Promise<Document> {
    return readable(await this.read(), "save it again");
  }

  private async read(): Promise<Partial<Document> | null> {
    try {
      const text = this.element.textContent ?? "";
      return JSON.parse(this.element.type === "application/json" ? text : await unpack(text)) as Document;
    } catch (cause) {
      throw new Error("its data are damaged; save it again", { cause });
    }
  }
}

/** Data of the server that the page came from, at an address relative to the page's own. */
export class HttpSource implements DataSource, LiveData {
  readonly live = this;
  state = "";
  structure = "";
  private version = "";

  /** @param chosen what stands in the page's own address: the runs of a comparison. */
  constructor(private readonly chosen: URLSearchParams = new URLSearchParams()) {}

  /** @throws Error with the server's own words when it does not give the data. */
  async load(told: (share: number) => void = () => undefined): Promise<Document> {
    const asking = setInterval(() => void this.askHowFar(told), PROGRESS_MS);
    const answer = await fetched<Answer>(this.at("document")).finally(() => clearInterval(asking));
    ({ version: this.version, state: this.state, structure: this.structure } = answer);
    return readable(answer.document, "it was recorded by another version");
  }

  private async askHowFar(told: (share: number) => void): Promise<void> {
    const { share } = await fetched<{ share: number | null }>(this.at("reading")).catch(() => ({ share: null }));
    if (share !== null) told(share);
  }

  follow({ change, condition }: Parameters<LiveData["follow"]>[0]): void {
    new Stream((since) => this.at("events", [["since", since]]), this.at("state"), this.version, {
      change: (text) => change(JSON.parse(text) as Change),
      condition,
    }).open();
  }

  async views(names: readonly string[]): Promise<Document["views"]> {
    if (!names.length) return [];
    return (await fetched<{ views: Document["views"] }>(this.at("views", names.map((name) => ["name", name])))).views;
  }

  async detail(metric: string, low: number, high: number): Promise<DetailedLine[] | null> {
    const lines = await fetched<DetailedLine[]>(this.at("detail", [["metric", metric], ["from", String(low)], ["to", String(high)]]));
    return lines.length ? lines : null;
  }

  private at(name: string, fields: readonly [string, string][] = []): string {
    const query = new URLSearchParams([...this.chosen, ...fields]).toString();
    return query ? `${name}?${query}` : name;
  }
}

interface Answer {
  version: string;
  state: string;
  structure: string;
  document: Document;
}

/** What the server answers to an address, read as JSON. */
export async function fetched<T>(address: string): Promise<T> {
  const answer = await fetch(address, { credentials: "same-origin", referrerPolicy: "no-referrer" });
  if (!answer.ok) throw new Error((await answer.text()).trim() || `the server answered ${answer.status}`);
  return (await answer.json()) as T;
}

function readable(document: Partial<Document> | null, advice: string): Document {
  const version = document?.run?.schema_version;
  if (version === READABLE) return document as Document;
  if (version === undefined) throw new Error(`its data are damaged; ${advice}`);
  throw new Error(`its data are of form ${version}, and this viewer reads form ${READABLE}`);
}

async function unpack(base64: string): Promise<string> {
  const packed = Uint8Array.from(atob(base64.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}
