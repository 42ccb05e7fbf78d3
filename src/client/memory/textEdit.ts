import type { TextEdit } from '../../protocol';

/** The difference between two texts, as one replaced range. */
export function editBetween(before: string, after: string): TextEdit {
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
