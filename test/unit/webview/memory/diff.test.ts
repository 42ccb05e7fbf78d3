import { describe, expect, it } from 'vitest';
import type { MemoryViewModel } from '../../../../src/protocol';
import { diffNotes } from '../../../../src/webview/memory/diff';

interface Note {
  layer?: number;
  offset: number;
  text: string;
  score?: number;
}

/** A view model with these notes and nothing else relevant. */
function viewModelOf(...notes: Note[]): MemoryViewModel {
  return {
    notes: {
      layer: notes.map(({ layer = 0 }) => layer),
      offset: notes.map(({ offset }) => offset),
      position: notes.map(({ offset }, i) => (offset < 0 ? i : offset + 10)),
      text: notes.map(({ text }) => text),
      score: notes.map(({ score = 1 }) => score),
    },
  } as MemoryViewModel;
}

const same = { start: 0, oldEnd: 0, newEnd: 0 };

describe('diffNotes', () => {
  it('finds nothing between equal pictures', () => {
    const viewModel = viewModelOf(
      { offset: -1, text: '' },
      { offset: 4, text: 'a' },
      { offset: 9, text: 'b', layer: 1 },
    );
    expect(diffNotes(viewModel, viewModel, same)).toEqual([]);
  });

  it('follows notes after an edit to their new places', () => {
    const before = viewModelOf({ offset: 4, text: 'a' }, { offset: 20, text: 'b' });
    const after = viewModelOf({ offset: 4, text: 'a' }, { offset: 27, text: 'b' });
    expect(diffNotes(before, after, { start: 10, oldEnd: 10, newEnd: 17 })).toEqual([]);
  });

  it('tells added, dropped and rescored notes by place', () => {
    const before = viewModelOf(
      { offset: 4, text: 'a', score: 2 },
      { offset: 8, text: 'gone' },
      { offset: 20, text: 'b' },
    );
    const after = viewModelOf(
      { offset: 4, text: 'a', score: 3 },
      { offset: 20, text: 'b' },
      { offset: 30, text: 'new' },
    );
    expect(diffNotes(before, after, same)).toEqual([
      { kind: 'rescored', before: 0, after: 0 },
      { kind: 'dropped', before: 1, after: -1 },
      { kind: 'added', before: -1, after: 2 },
    ]);
  });

  it('does not take notes of different layers for each other', () => {
    const before = viewModelOf({ offset: 4, text: 'a', layer: 0 });
    const after = viewModelOf({ offset: 4, text: 'a', layer: 1 });
    expect(
      diffNotes(before, after, same)
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual(['added', 'dropped']);
  });

  it('knows a token again that was moved within the edited part', () => {
    const before = viewModelOf({ offset: 10, text: 'name' });
    const after = viewModelOf({ offset: 14, text: 'name' });
    expect(diffNotes(before, after, { start: 8, oldEnd: 20, newEnd: 24 })).toEqual([]);
  });

  it('drops an edited token even if something else stands at its place now', () => {
    const before = viewModelOf({ offset: 10, text: 'old' });
    const after = viewModelOf({ offset: 10, text: 'new' });
    const changes = diffNotes(before, after, { start: 10, oldEnd: 13, newEnd: 13 });
    expect(changes.map(({ kind }) => kind).sort()).toEqual(['added', 'dropped']);
  });
});
