/** Longest context for a match, in characters. */
const LONGEST = 200;

/** A position whose preceding text matches that of the cursor. */
interface Place {
  text: string;
  at: number;
  /** Number of equal characters before both. */
  length: number;
}

/**
 * The baseline that any completion must beat: finds the position in the file whose preceding text matches the text before the
 * cursor for the most characters (ties: the nearest before the cursor, then the first after it) and copies the rest of that
 * line.
 *
 * @param text the file without what is to be completed
 * @param cursor where it is missing
 */
export function copyLongestMatch(text: string, cursor: number): string {
  return restOfLine(bestInFile(text, cursor));
}

/** The same over several files: ties go to the file itself, then to the first of the others. */
export function copyFromAny(text: string, cursor: number, others: readonly string[]): string {
  let best = bestInFile(text, cursor);
  const last = text[cursor - 1];
  for (const other of cursor > 0 ? others : []) {
    for (let at = other.indexOf(last!) + 1; at > 0; at = other.indexOf(last!, at) + 1) {
      const length = agreement(text, cursor, other, at);
      if (length > (best?.length ?? 0)) best = { text: other, at, length };
    }
  }
  return restOfLine(best);
}

function bestInFile(text: string, cursor: number): Place | undefined {
  let best: Place | undefined;
  const consider = (at: number): void => {
    const length = agreement(text, cursor, text, at);
    if (length > (best?.length ?? 0)) best = { text, at, length };
  };
  for (let at = cursor - 1; at > 0; at--) consider(at);
  // After the cursor, a match must not reach back over the hole.
  for (let at = cursor + 1; at < text.length; at++) consider(at);
  return best;
}

function agreement(text: string, cursor: number, other: string, at: number): number {
  let length = 0;
  while (length < LONGEST && length < at && length < cursor && other[at - 1 - length] === text[cursor - 1 - length])
    length++;
  return length;
}

function restOfLine(place: Place | undefined): string {
  if (place === undefined) return '';
  const { text, at } = place;
  const lineEnd = text.indexOf('\n', at);
  return text.slice(at, lineEnd < 0 ? undefined : lineEnd);
}
