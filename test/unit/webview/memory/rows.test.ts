import { describe, expect, it } from 'vitest';
import type { MemoryViewLabels } from '../../../../src/protocol';
import { largeViewModel, largeAttended } from '../../../../bench/panel/largeViewModel';
import { evictedRows, noteRows, percent, attendedRows } from '../../../../src/webview/memory/rows';

const labels = new Proxy({} as MemoryViewLabels, { get: (_, name) => String(name) });
const viewModel = largeViewModel({ tokens: 50_000, notes: 300, evicted: 60 });
const all = { layer: -1, order: 'line' as const };

const positions = (list: ReturnType<typeof noteRows>): number[] =>
  Array.from({ length: list.count }, (_, i) => list.row(i).position);

describe('lists of notes', () => {
  it('show every note once, in the order asked for', () => {
    const byLine = positions(noteRows(viewModel, all, 'a', labels));
    expect(byLine).toEqual(viewModel.notes.position);
    expect(positions(noteRows(viewModel, { ...all, order: 'age' }, 'a', labels))).toEqual(byLine.toReversed());
    const byScore = noteRows(viewModel, { ...all, order: 'score' }, 'a', labels);
    const scores = Array.from({ length: byScore.count }, (_, i) => Number(byScore.row(i).cells[4]));
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(positions(byScore).toSorted((a, b) => a - b)).toEqual(byLine);
  });

  it('show one layer, counted from 1, with as many cells as columns', () => {
    const list = noteRows(viewModel, { ...all, layer: 1 }, 'a', labels);
    expect(list.count).toBe(100);
    const row = list.row(0);
    expect(row.cells).toHaveLength(list.columns.length);
    expect(row.cells[2]).toBe('8');
    expect(row.uri).toBe('a');
    const evicted = evictedRows(viewModel, { ...all, layer: 2 }, 'a', labels);
    expect(evicted.count).toBe(20);
    expect(evicted.row(0).cells).toHaveLength(evicted.columns.length);
  });

  it('show recalled notes by weight', () => {
    const list = attendedRows(largeAttended('a', viewModel), all, labels);
    const weights = Array.from({ length: list.count }, (_, i) => parseFloat(list.row(i).cells[3]!));
    expect(list.count).toBe(300);
    expect(weights).toEqual(weights.toSorted((a, b) => b - a));
  });

  it('write shares for people', () => {
    expect([0.5, 0.042, 0.00123].map(percent)).toEqual(['50 %', '4.2 %', '0.12 %']);
  });
});
