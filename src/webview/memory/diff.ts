import type { KeptNotes, MemoryViewModel, TextEdit } from '../../protocol';

/** A note that differs between two versions of a text. */
export interface NoteChange {
  kind: 'added' | 'dropped' | 'rescored';
  /** Index into the notes of the earlier view model; -1 for an added note. */
  before: number;
  /** Index into the notes of the later view model; -1 for a dropped note. */
  after: number;
}

/** Smaller score differences count as equal: an edit before a note changes all later scores a little. */
const SAME_SCORE = 0.005;

/**
 * Compares the notes of two versions of a text. A note is the same when its layer is the same and its token is at the same place, moved
 * by the edit; within the edited range, when it has the same text as the next one not matched yet.
 *
 * @returns dropped and added notes and those with another score, by position; unchanged notes are left out
 */
export function diffNotes(before: MemoryViewModel, after: MemoryViewModel, edit: TextEdit): NoteChange[] {
  const moved = edit.newEnd - edit.oldEnd;
  const later = new Map<string, number>();
  after.notes.position.forEach((_, i) => later.set(keyOf(after.notes, i, 0), i));
  const pairs: [number, number][] = [];
  const unmatched: number[] = [];
  before.notes.offset.forEach((offset, i) => {
    const isEdited = offset >= 0 && offset + before.notes.text[i]!.length > edit.start && offset < edit.oldEnd;
    const key = keyOf(before.notes, i, offset >= edit.oldEnd ? moved : 0);
    const match = isEdited ? undefined : later.get(key);
    if (match === undefined) {
      unmatched.push(i);
    } else {
      pairs.push([i, match]);
      later.delete(key);
    }
  });
  const rest = new Map<string, number[]>();
  for (const i of [...later.values()].sort((a, b) => a - b)) {
    const key = textKey(after.notes, i);
    const list = rest.get(key);
    if (list) list.push(i);
    else rest.set(key, [i]);
  }
  const changes: (NoteChange & { at: number })[] = [];
  for (const i of unmatched) {
    const match = rest.get(textKey(before.notes, i))?.shift();
    if (match !== undefined) pairs.push([i, match]);
    else changes.push({ kind: 'dropped', before: i, after: -1, at: before.notes.position[i]! });
  }
  for (const list of rest.values()) {
    for (const i of list) changes.push({ kind: 'added', before: -1, after: i, at: after.notes.position[i]! });
  }
  for (const [i, j] of pairs) {
    if (Math.abs(before.notes.score[i]! - after.notes.score[j]!) < SAME_SCORE) continue;
    changes.push({ kind: 'rescored', before: i, after: j, at: after.notes.position[j]! });
  }
  return changes.sort((a, b) => a.at - b.at).map(({ kind, before: i, after: j }) => ({ kind, before: i, after: j }));
}

function keyOf(notes: KeptNotes, i: number, moved: number): string {
  const offset = notes.offset[i]!;
  // Tokens of the file's name have no place in the text.
  return offset < 0 ? `${notes.layer[i]} n${notes.position[i]}` : `${notes.layer[i]} ${offset + moved}`;
}

function textKey(notes: KeptNotes, i: number): string {
  return `${notes.layer[i]} ${notes.text[i]}`;
}
