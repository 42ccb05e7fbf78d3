/** The difference between two texts, as one replaced range: UTF-16 offsets in the old text, and its end in the new one. */
export function editBetween(before: string, after: string): { start: number; oldEnd: number; newEnd: number } {
  const room = Math.min(before.length, after.length);
  let start = 0;
  while (start < room && before.charCodeAt(start) === after.charCodeAt(start)) start++;
  let tail = 0;
  while (
    tail < room - start &&
    before.charCodeAt(before.length - 1 - tail) === after.charCodeAt(after.length - 1 - tail)
  ) {
    tail++;
  }
  return { start, oldEnd: before.length - tail, newEnd: after.length - tail };
}
