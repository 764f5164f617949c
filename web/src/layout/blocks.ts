import { frameContents, layContents, type Contents, type Frame } from "./block";
import type { Block, PlacedBlock } from "./types";

interface Known {
  numbers: Float64Array;
  contents: Contents;
  framed: { frame: Frame; placed: PlacedBlock }[];
}

const ROLES = { item: 0, in: 1, out: 2 } as const;

/** Lays out blocks, the contents of each that looks alike once, whatever frames are asked for. */
export class KnownBlocks {
  /** Blocks by a short sum of their numbers; few share one. */
  private readonly known = new Map<number, Known[]>();
  private numbers = new Float64Array(1024);
  private words = new Int32Array(this.numbers.buffer);
  private laidOut = 0;

  /** How many different blocks have been laid out so far. */
  get count(): number {
    return this.laidOut;
  }

  layout(block: Block): PlacedBlock {
    const { contents, framed } = this.find(block);
    const known = framed.find(({ frame }) => isSameFrame(frame, block));
    if (known) return known.placed;
    const placed = frameContents(contents, block);
    const { minWidth, minHeight, clearLeft } = block;
    framed.push({ frame: { minWidth, minHeight, clearLeft }, placed });
    return placed;
  }

  private find(block: Block): Known {
    const length = this.write(block);
    const sum = sumOf(this.words, 2 * length);
    const alike = this.known.get(sum);
    const found = alike?.find(({ numbers }) => isSame(numbers, this.numbers, length));
    if (found) return found;
    const entry: Known = { numbers: this.numbers.slice(0, length), contents: layContents(block), framed: [] };
    if (alike) alike.push(entry);
    else this.known.set(sum, [entry]);
    this.laidOut++;
    return entry;
  }

  /** Writes a block as numbers that two blocks share only if all but their frames is the same; how many they are. */
  private write({ vertices, edges, portsStay, inset }: Block): number {
    this.makeRoom(6 + 3 * vertices.length + 5 * edges.length);
    const { numbers } = this;
    let at = 0;
    for (const head of [vertices.length, Number(portsStay), inset.top, inset.left, inset.right, inset.bottom]) numbers[at++] = head;
    for (const { role, width, height } of vertices) {
      numbers[at++] = ROLES[role];
      numbers[at++] = width;
      numbers[at++] = height;
    }
    for (const { source, target, net, exit, entry } of edges) {
      numbers[at++] = source;
      numbers[at++] = target;
      numbers[at++] = net;
      numbers[at++] = exit;
      numbers[at++] = entry ?? Infinity;
    }
    return at;
  }

  private makeRoom(length: number): void {
    if (length <= this.numbers.length) return;
    this.numbers = new Float64Array(2 * length);
    this.words = new Int32Array(this.numbers.buffer);
  }
}

function sumOf(words: Int32Array, length: number): number {
  let sum = length;
  for (let i = 0; i < length; i++) {
    sum = Math.imul(sum ^ words[i]!, 0x9e3779b1);
    sum ^= sum >>> 15;
  }
  return sum;
}

function isSame(a: Float64Array, b: Float64Array, length: number): boolean {
  if (a.length !== length) return false;
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function isSameFrame(a: Frame, b: Frame): boolean {
  return a.minWidth === b.minWidth && a.minHeight === b.minHeight && a.clearLeft === b.clearLeft;
}
