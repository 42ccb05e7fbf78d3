import { describe, expect, it } from 'vitest';
import type { AttendedFile, MemoryViewModel } from '../../../../src/protocol';
import { markAt, attendedMarks, retainedMarks, shiftMarks, type Mark } from '../../../../src/client/memory/marks';
import { editBetween } from '../../../../src/common';

const notes = {
  layer: [0, 1, 0, 0, 1],
  slot: [0, 0, 1, 2, 1],
  position: [5, 5, 9, 2, 14],
  score: [3, 1, 2, 9, 2],
  line: [0, 0, 2, -1, 3],
  start: [4, 4, 0, 0, 1],
  end: [8, 8, 3, 0, 1],
  offset: [4, 4, 20, -1, 30],
  text: ['name', 'name', 'let', '', '\n  '],
  attended: [2, 12, 0, 1, 0],
};

const mark = (line: number, start: number, end: number): Mark => ({
  line,
  start,
  end,
  text: 'x',
  strength: 0,
  layers: [4],
  attended: 0,
});

describe('highlighted tokens', () => {
  it('join the layers that keep a token, and leave out what cannot be seen', () => {
    const marks = retainedMarks({ notes, layers: [3, 7] } as unknown as MemoryViewModel);
    expect(marks).toHaveLength(2);
    expect(marks[0]).toMatchObject({ line: 0, start: 4, end: 8, text: 'name', layers: [4, 8], attended: 12 });
    expect(marks[1]).toMatchObject({ line: 2, layers: [4], attended: 0 });
    for (const { strength } of marks) expect([0, 1, 2, 3, 4]).toContain(strength);
  });

  it('are as strong as the best rank of the token in a layer', () => {
    const many = Array.from({ length: 100 }, (_, i) => i);
    const marks = retainedMarks({
      layers: [0],
      notes: {
        ...Object.fromEntries(['layer', 'start', 'attended'].map((name) => [name, many.map(() => 0)])),
        position: many,
        line: many,
        score: many,
        end: many.map(() => 1),
        text: many.map(() => 'x'),
      },
    } as unknown as MemoryViewModel);
    const strengths = [0, 1, 2, 3, 4].map((wanted) => marks.filter(({ strength }) => strength === wanted).length);
    expect(strengths).toEqual([20, 20, 20, 20, 20]);
    expect(marks[99]!.strength).toBe(4);
  });

  it('of attended notes are those with most attention', () => {
    const attended = { layers: [3, 7], notes: { ...notes, peak: [0.2, 0.4, 0.01, 0, 0] } } as unknown as AttendedFile;
    const marks = attendedMarks(attended, 0.05);
    expect(marks[0]).toMatchObject({ line: 0, layers: [4, 8], peak: 0.4, strength: 4 });
  });

  it('are found by place', () => {
    expect(markAt([mark(1, 2, 5)], 1, 4)).toBeDefined();
    expect(markAt([mark(1, 2, 5)], 1, 5)).toBeUndefined();
  });

  it('move with the text, and go when it is written over', () => {
    const at = (line: number, character: number): { line: number; character: number } => ({ line, character });
    const marks = [mark(1, 0, 3), mark(3, 4, 8), mark(5, 2, 6)];
    const places = (moved: Mark[]): number[][] => moved.map(({ line, start, end }) => [line, start, end]);
    expect(places(shiftMarks(marks, { start: at(3, 0), end: at(3, 0), text: 'ab\ncd' }))).toEqual([
      [1, 0, 3],
      [4, 6, 10],
      [6, 2, 6],
    ]);
    expect(places(shiftMarks(marks, { start: at(3, 1), end: at(3, 2), text: 'long' }))).toEqual([
      [1, 0, 3],
      [3, 7, 11],
      [5, 2, 6],
    ]);
    expect(places(shiftMarks(marks, { start: at(3, 5), end: at(5, 1), text: '' }))).toEqual([
      [1, 0, 3],
      [3, 6, 10],
    ]);
  });
});

describe('editBetween', () => {
  it('is the part that differs', () => {
    expect(editBetween('abcdef', 'abXdef')).toEqual({ start: 2, oldEnd: 3, newEnd: 3 });
    expect(editBetween('aaa', 'aaaa')).toEqual({ start: 3, oldEnd: 3, newEnd: 4 });
    expect(editBetween('same', 'same')).toEqual({ start: 4, oldEnd: 4, newEnd: 4 });
    expect(editBetween('', 'new')).toEqual({ start: 0, oldEnd: 0, newEnd: 3 });
  });
});
