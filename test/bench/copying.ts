/** Longest context that a match is measured by, in characters. */
const LONGEST = 200;

/**
 * The baseline that any completion must beat: finds the place in the file whose preceding text agrees with the text before the
 * cursor for the most characters (of equal ones the nearest before the cursor, then the first behind it) and copies the rest of
 * that line.
 *
 * @param text the file without what is to be completed
 * @param cursor where it is missing
 */
export function copyLongestMatch(text: string, cursor: number): string {
  let best = 0;
  let place = -1;
  const agreement = (at: number): number => {
    let length = 0;
    while (length < LONGEST && length < at && text[at - 1 - length] === text[cursor - 1 - length]) length++;
    return length;
  };
  const consider = (at: number): void => {
    const length = agreement(at);
    if (length > best) {
      best = length;
      place = at;
    }
  };
  for (let at = cursor - 1; at > 0; at--) consider(at);
  // Behind the cursor, a match must not reach back over the hole.
  for (let at = cursor + 1; at < text.length; at++) consider(at);
  if (place < 0) return '';
  const lineEnd = text.indexOf('\n', place);
  return text.slice(place, lineEnd < 0 ? undefined : lineEnd);
}
