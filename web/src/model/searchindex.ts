/** Finding nodes by name, id, type, shape, setting or place in the source, best first, with the reason. */

import type { Node } from "../generated/document";
import { shapeText } from "../layout/label";
import type { RunIndex } from "./run";

export interface Hit {
  id: string;
  /** What of the node matched beside its name: `stride 2`, `resnet.py:71`. */
  why: string;
}

interface Field {
  text: string;
  /** As people read it. */
  shown: string;
}

interface Entry {
  id: string;
  name: string;
  lowerId: string;
  type: string;
  isStep: boolean;
  fields: Field[];
}

const MOST_HITS = 50;
/** How good a match is, the best first; a word that matches nothing leaves the node out. */
const RANK = { name: 0, nameStart: 1, idStart: 2, namePart: 3, idPart: 4, type: 5, typePart: 6, field: 8 } as const;
/** Steps of autograd come after all that runs forward, which they are named after. */
const BACKWARD = 100;

export class SearchIndex {
  private entries: Entry[] | null = null;

  constructor(private readonly run: RunIndex) {}

  /** The best nodes that match every word of the query. */
  find(query: string): Hit[] {
    const words = normalised(query).split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    const found: { rank: number; hit: Hit }[] = [];
    for (const entry of this.all()) {
      let rank = entry.isStep ? BACKWARD : 0;
      const whys: string[] = [];
      for (const word of words) {
        const match = matchOf(entry, word);
        if (!match) {
          rank = Infinity;
          break;
        }
        rank += match.rank;
        if (match.why && !whys.includes(match.why)) whys.push(match.why);
      }
      if (rank === Infinity) continue;
      found.push({ rank, hit: { id: entry.id, why: whys.join(", ") } });
    }
    found.sort((a, b) => a.rank - b.rank); // stable: execution order among equals
    return found.slice(0, MOST_HITS).map(({ hit }) => hit);
  }

  private all(): Entry[] {
    const graphs = [this.run.graph, ...(this.run.backward ? [this.run.backward.graph] : [])];
    this.entries ??= graphs.flatMap((graph, at) =>
      [...graph.nodes.values()].filter((node) => at === 0 || node.kind === "backward").map(entryOf),
    );
    return this.entries;
  }
}

function entryOf(node: Node): Entry {
  const shapes = new Set([...node.outputs, ...node.inputs].map((spec) => shapeText(spec.shape)));
  const fields = [...shapes].map((shape) => field(shape));
  for (const [name, value] of Object.entries(node.attributes)) if (value !== null) fields.push(field(`${name} ${String(value)}`));
  for (const name of node.parameters) fields.push(field(name));
  for (const name of node.aten) fields.push(field(name));
  if (node.source) {
    const file = node.source.file.split(/[\\/]/).pop() ?? node.source.file;
    fields.push(field(`${file}:${node.source.line}`), { text: normalised(node.source.file), shown: node.source.file });
  }
  return { id: node.id, name: normalised(node.name), lowerId: normalised(node.id), type: normalised(node.type), isStep: node.kind === "backward", fields };
}

function field(shown: string): Field {
  return { text: normalised(shown), shown };
}

/** In small letters; `64x56` is `64×56`, and `stride=2` is `stride 2` as one word of a query. */
function normalised(text: string): string {
  return text.toLowerCase().replace(/(\d)x(?=\d)/g, "$1×");
}

function matchOf(entry: Entry, word: string): { rank: number; why: string } | null {
  if (entry.name === word || entry.lowerId === word) return { rank: RANK.name, why: "" };
  if (entry.name.startsWith(word)) return { rank: RANK.nameStart, why: "" };
  if (entry.lowerId.startsWith(word)) return { rank: RANK.idStart, why: "" };
  if (entry.name.includes(word)) return { rank: RANK.namePart, why: "" };
  if (entry.lowerId.includes(word)) return { rank: RANK.idPart, why: "" };
  if (entry.type === word) return { rank: RANK.type, why: "" };
  if (entry.type.includes(word)) return { rank: RANK.typePart, why: "" };
  const setting = word.includes("=") ? word.replace("=", " ") : word;
  const found = entry.fields.find((each) => each.text.includes(setting));
  return found ? { rank: RANK.field, why: found.shown } : null;
}
