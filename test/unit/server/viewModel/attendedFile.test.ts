import { describe, expect, it } from 'vitest';
import type { MemoryRead, ReadLog } from '../../../../src/engine';
import { attendedFile } from '../../../../src/server/viewModel/attendedFile';
import { tokensOf } from '../../../support/documents';
import { fileEngine } from '../../../support/tinyModel';

const engine = await fileEngine();

describe('fileRecall', () => {
  it('counts notes after the text that was read as recent: their positions mean nothing in it', () => {
    const tokens = tokensOf(engine, 'const answer = 42;\n');
    const note = (position: number, weight: number) => ({
      noteLayer: 0,
      slot: position,
      position,
      score: 1,
      weight,
      peak: weight,
    });
    const first = tokensOf(engine, '').length;
    const read: MemoryRead = {
      layer: 1,
      kind: 'own',
      nothing: 0.25,
      recent: 0.125,
      own: 0.125,
      notes: [note(first, 0.25), note(tokens.length, 0.125), note(tokens.length + 300, 0.125)],
    };
    const reads = { tokens: 3, reads: () => [read] } as unknown as ReadLog;
    const source = { key: 'a', uri: 'untitled:a', name: 'a.ts', tokens, headerTokens: first };
    const attended = attendedFile({ source, reads }, engine);
    expect(attended.notes.position).toEqual([first]);
    expect(attended.notes.line).toEqual([0]);
    expect(attended.reads).toEqual([{ layer: 1, kind: 'own', nothing: 0.25, notes: 0.25, recent: 0.375, own: 0.125 }]);
  });
});
