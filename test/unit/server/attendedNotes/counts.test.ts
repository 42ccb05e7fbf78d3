import { describe, expect, it } from 'vitest';
import type { MemoryRead } from '../../../../src/engine';
import { AttendedCounts } from '../../../../src/server/attendedNotes';

const tokens = Uint32Array.from({ length: 100 }, (_, i) => 1000 + i);

/** One read that attended to these positions with these peaks. */
const read = (...peaks: [position: number, peak: number][]): MemoryRead => ({
  layer: 3,
  kind: 'own',
  nothing: 0.5,
  recent: 0,
  own: 0,
  notes: peaks.map(([position, peak]) => ({ noteLayer: 0, slot: 0, position, score: 1, weight: peak, peak })),
});

describe('RecallCounts', () => {
  it('counts a note once for a completion, if it received enough attention', () => {
    const counts = new AttendedCounts();
    counts.add('completion', [read([7, 0.2], [8, 0.01]), read([7, 0.3])], tokens);
    counts.add('answer', [read([7, 0.06])], tokens);
    expect([7, 8, 9].map((position) => counts.of(0, position))).toEqual([2, 0, 0]);
    expect([counts.completions, counts.answers]).toEqual([1, 1]);
  });

  it('moves counts with the text, and drops those of what was edited', () => {
    const counts = new AttendedCounts();
    counts.add('answer', [read([7, 1], [50, 1], [90, 1])], tokens);
    const edited = Uint32Array.of(...tokens.subarray(0, 40), 1, 2, 3, ...tokens.subarray(60));
    counts.follow(edited);
    expect([7, 50, 90, 73].map((position) => counts.of(0, position))).toEqual([1, 0, 0, 1]);
  });

  it('takes a beginning of the text for what it is', () => {
    const counts = new AttendedCounts();
    counts.add('completion', [read([7, 1])], tokens.subarray(0, 30));
    counts.add('answer', [read([50, 1])], tokens);
    counts.add('completion', [read([8, 1])], tokens.subarray(0, 60));
    expect([7, 8, 50].map((position) => counts.of(0, position))).toEqual([1, 1, 1]);
    // Typed after token 20, not read yet: the text before it is the same.
    const typed = Uint32Array.of(...tokens.subarray(0, 20), 5, 6, 7);
    counts.add('completion', [read([9, 1], [22, 1])], typed);
    expect([9, 22, 50].map((position) => counts.of(0, position))).toEqual([1, 0, 1]);
  });
});
