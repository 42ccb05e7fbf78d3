import { describe, expect, it } from 'vitest';
import { LineIndex } from '../../../../src/common';
import { Ranking } from '../../../../src/server/ask/ranking';
import { TextIndex } from '../../../../src/server/ask/textIndex';
import { Wanted } from '../../../../src/server/ask/wanted';

const source = `import { pool } from './pool';
use(pool.size);
log('pool size', pool.size);

// Notes per layer.
export const poolSize = 512;
export const other = 1;

const unrelated = 'sky is blue';
more();
stuff();
`;

function rankingFor(question: string): { ranking: Ranking; index: TextIndex } {
  const lines = new LineIndex(source);
  return {
    ranking: new Ranking(['a.ts'], [lines], new Wanted(question), 3),
    index: new TextIndex([lines]),
  };
}

describe('Ranking', () => {
  it('puts the place that declares a thing before those that use it', () => {
    const { ranking, index } = rankingFor('what is the pool size?');
    for (const [rank, hit] of index.search('what is the pool size?', 10).entries()) {
      ranking.propose(hit, 'words', rank, hit.coverage);
    }
    const [first, second] = ranking.citations();
    expect(first).toMatchObject({ label: 'a.ts', line: 6, startLine: 5, endLine: 7, foundBy: ['words'] });
    expect(second?.startLine).toBe(1);
  });

  it('lifts places that two ways propose', () => {
    const { ranking, index } = rankingFor('pool');
    const [top, bottom] = [index.placeOf(0, 5)!, index.placeOf(0, 1)!];
    ranking.propose(top, 'words', 0, 1);
    ranking.propose(bottom, 'words', 1, 1);
    expect(ranking.citations().map(({ startLine }) => startLine)).toEqual([5, 1]);
    ranking.propose(bottom, 'notes', 0, 0);
    expect(ranking.citations()[0]).toMatchObject({ startLine: 1, foundBy: ['words', 'notes'] });
  });

  it('cites what shares no words with the question only for an answer of which the model is sure', () => {
    const { ranking, index } = rankingFor('which colour has the heaven?');
    ranking.propose(index.placeOf(0, 8)!, 'notes', 0, 0);
    expect(ranking.citations()).toEqual([]);
    expect(ranking.citations('blue')).toMatchObject([{ startLine: 9, foundBy: ['notes'] }]);
    expect(ranking.citations('green')).toEqual([]);
  });
});
