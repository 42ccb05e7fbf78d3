import { describe, expect, it } from 'vitest';
import { nextStage, outdates, type Stage, type StageEvent } from '../../../src/workspace/stage';

const ignored: Stage = { kind: 'skipped', reason: 'ignored', why: '"a" in .gitignore' };
const binary: Stage = { kind: 'skipped', reason: 'binary', why: 'it contains a zero byte' };
const forgotten: Stage = { kind: 'skipped', reason: 'forgotten', why: expect.stringMatching(/your request/) as string };

const stages = {
  found: { kind: 'found' },
  waiting: { kind: 'waiting' },
  reading: { kind: 'reading', doneTokens: 1, totalTokens: 9 },
  fresh: { kind: 'fresh', tokens: 9, restoredTokens: 2 },
  stale: { kind: 'stale', tokens: 9 },
  failed: { kind: 'failed', message: 'no' },
  ignored,
  binary,
  forgotten,
  gone: { kind: 'gone' },
} satisfies Record<string, Stage>;

const events = {
  admitted: { type: 'admitted' },
  leftOut: { type: 'leftOut', because: ignored },
  changed: { type: 'changed' },
  switched: { type: 'switched' },
  wanted: { type: 'wanted' },
  progress: { type: 'progress', doneTokens: 1, totalTokens: 9 },
  read: { type: 'read', tokens: 9, restoredTokens: 2 },
  interrupted: { type: 'interrupted' },
  failed: { type: 'failed', message: 'no' },
  forgotten: { type: 'forgotten' },
  removed: { type: 'removed' },
} satisfies { [T in StageEvent['type']]: StageEvent & { type: T } };

/** The next stage; `-` means the same stage. */
const table = `
             found     waiting   reading   fresh     stale     failed    ignored   binary    forgotten gone
admitted     waiting   -         -         -         -         -         waiting   -         -         -
leftOut      ignored   ignored   ignored   ignored   ignored   ignored   -         ignored   ignored   -
changed      -         -         waiting   stale     -         waiting   -         waiting   waiting   -
switched     -         -         waiting   stale     -         waiting   -         waiting   -         -
wanted       waiting   -         -         -         -         waiting   waiting   waiting   waiting   -
progress     -         reading   -         reading   reading   reading   -         -         -         -
read         -         fresh     fresh     -         fresh     fresh     -         -         -         -
interrupted  -         -         waiting   -         -         -         -         -         -         -
failed       -         failed    failed    failed    failed    -         -         -         -         -
forgotten    forgotten forgotten forgotten forgotten forgotten forgotten -         -         -         -
removed      gone      gone      gone      gone      gone      gone      gone      gone      gone      -
`;

const [head, ...rows] = table
  .trim()
  .split('\n')
  .map((line) => line.trim().split(/ +/));

describe('the life cycle of a file', () => {
  it('has every stage and every event in its table', () => {
    expect(head).toEqual(Object.keys(stages));
    expect(rows.map(([event]) => event)).toEqual(Object.keys(events));
  });

  const cases = rows.flatMap(([event, ...after]) =>
    after.map((to, i) => ({ event: event as keyof typeof events, from: head![i] as keyof typeof stages, to })),
  );
  it.each(cases)('$from, $event: $to', ({ event, from, to }) => {
    const expected = to === '-' ? stages[from] : stages[to as keyof typeof stages];
    expect(nextStage(stages[from], events[event])).toEqual(expected);
  });

  it('outdates what was read by another text, and by whatever takes the file out', () => {
    const outdating = Object.values(events).filter(outdates);
    expect(outdating.map(({ type }) => type)).toEqual(['leftOut', 'changed', 'switched', 'forgotten', 'removed']);
  });
});
