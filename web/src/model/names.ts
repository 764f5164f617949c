/**
 * Names of strangers as they may be shown: the one treatment, for charts, page and paper.
 *
 * What cannot be seen, breaks lines or turns the writing is written as an escape, so that no name
 * looks like another one or rearranges the words around it.
 */

const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

/** Joiners within emoji, and between letters of writings that need them: they hide nothing. */
const JOINER = /^[\u200c\u200d]$/;
const JOINED_BEFORE = /[\p{So}\p{Sk}\p{Lo}\p{Mn}\p{Mc}]$/u;
const JOINED_AFTER = /^[\p{So}\p{Lo}]/u;

/** A letter that is written from right to left, and what belongs to its word. */
const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Samaritan}\p{Script=Mandaic}\p{Script=Adlam}][\p{L}\p{M}\u200c\u200d]*/gu;

const SHORT: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** A name on one line: characters that steer lines, terminals or the writing are escapes. */
export function visible(name: string): string {
  return name.replace(UNSEEN, (character, at: number) => {
    if (JOINER.test(character) && JOINED_BEFORE.test(name.slice(Math.max(0, at - 2), at)) && JOINED_AFTER.test(name.slice(at + 1, at + 3))) return character;
    return SHORT[character] ?? escape(character.codePointAt(0)!);
  });
}

function escape(code: number): string {
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
}

/** A stretch of a name; one that is written from right to left is apart. */
export interface Stretch {
  text: string;
  isTurned: boolean;
}

/** A visible name in stretches of one direction; a path keeps its order from left to right. */
export function stretches(name: string): Stretch[] {
  const text = visible(name);
  const found: Stretch[] = [];
  let end = 0;
  for (const { 0: word, index } of text.matchAll(RIGHT_TO_LEFT)) {
    if (index > end) found.push({ text: text.slice(end, index), isTurned: false });
    found.push({ text: word, isTurned: true });
    end = index + word.length;
  }
  if (end < text.length || !found.length) found.push({ text: text.slice(end), isTurned: false });
  return found;
}

/**
 * A name for where only a string can stand (text on a canvas, in SVG, in a title or a label): each
 * word that is written from right to left is isolated from what stands around it. Names without
 * such words come back as `visible` gives them. In HTML use `named` of app/dom.ts.
 */
export function isolated(name: string): string {
  return stretches(name).map(({ text, isTurned }) => (isTurned ? `\u2068${text}\u2069` : text)).join("");
}
