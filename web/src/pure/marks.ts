/** A piece of a text, and whether it was looked for. */
export interface Piece {
  text: string;
  found: boolean;
}

interface Token {
  from: number;
  to: number;
  low: string;
}

/** Longer texts are shown without marks. */
const LONGEST = 20_000;

const tokens = (text: string): Token[] =>
  [...text.matchAll(/[\p{L}\p{N}]+/gu)].map((match) => ({
    from: match.index,
    to: match.index + match[0].length,
    low: match[0].toLowerCase(),
  }));

/** The text in pieces: where words, phrases, and beginnings (`time*`) stand in it. */
export function marked(text: string, words: readonly string[]): Piece[] {
  if (words.length === 0 || text.length > LONGEST) return [{ text, found: false }];
  const all = tokens(text);
  const ranges = words
    .flatMap((word) => places(all, word))
    .sort((a, b) => a.from - b.from || b.to - a.to);
  const pieces: Piece[] = [];
  let at = 0;
  for (const { from, to } of ranges) {
    if (from < at) continue;
    if (from > at) pieces.push({ text: text.slice(at, from), found: false });
    pieces.push({ text: text.slice(from, to), found: true });
    at = to;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), found: false });
  return pieces;
}

function places(all: readonly Token[], word: string): { from: number; to: number }[] {
  const goesOn = word.endsWith("*");
  const parts = tokens(word).map((token) => token.low);
  const last = parts.length - 1;
  const out: { from: number; to: number }[] = [];
  for (let start = 0; last >= 0 && start + last < all.length; start += 1) {
    const fits = parts.every((part, i) => {
      const have = all[start + i]?.low ?? "";
      return have === part || (goesOn && i === last && have.startsWith(part));
    });
    const [first, end] = [all[start], all[start + last]];
    if (fits && first !== undefined && end !== undefined) out.push({ from: first.from, to: end.to });
  }
  return out;
}
