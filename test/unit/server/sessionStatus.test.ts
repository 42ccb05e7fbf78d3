import { describe, expect, it } from 'vitest';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { UserError } from '../../../src/common';
import { phaseOf, type PhaseFacts } from '../../../src/server/sessionStatus';

type File = NonNullable<PhaseFacts['active']>;

const file = (name: string, state: File['state'], more: Partial<File> = {}): File => ({
  uri: `file:///${name}`,
  state,
  document: undefined,
  isWanted: false,
  ...more,
});

const open = (name: string): Partial<File> => ({
  document: TextDocument.create(`file:///${name}`, 'typescript', 1, ''),
});

const phase = (files: File[], facts: Partial<PhaseFacts> = {}): ReturnType<typeof phaseOf> =>
  phaseOf({
    failure: undefined,
    isReady: true,
    files,
    active: undefined,
    readsWorkspace: true,
    pausedByUser: false,
    pausedByBattery: false,
    ...facts,
  });

const waiting = { kind: 'waiting' } as const;
const reading = (doneTokens: number): File['state'] => ({ kind: 'reading', doneTokens, totalTokens: 100 });

describe('what the server says that it is doing', () => {
  it('is starting until the model is there, and failed with a reason when it cannot be used', () => {
    expect(phase([], { isReady: false })).toEqual({ kind: 'starting' });
    const failure = new UserError('engine-failed', 'No.', 'Try this.');
    const failed = { kind: 'failed', code: 'engine-failed', message: 'No.', hint: 'Try this.' };
    expect(phase([], { failure, isReady: false, pausedByUser: true })).toEqual(failed);
  });

  it('is ready when nothing is left to read', () => {
    const fresh = file('a', { kind: 'fresh', tokens: 1, restoredTokens: 0 });
    expect(phase([fresh])).toEqual({ kind: 'ready' });
    expect(phase([file('a', waiting)], { readsWorkspace: false })).toEqual({ kind: 'ready' });
  });

  it('counts files that are open or asked for also when the workspace is not read', () => {
    const files = [file('a', waiting, open('a')), file('b', waiting, { isWanted: true }), file('c', waiting)];
    expect(phase(files, { readsWorkspace: false })).toMatchObject({ kind: 'reading', filesLeft: 2 });
  });

  it('shows the file in front, then an open one, then any that is being read', () => {
    const any = file('any', reading(1));
    const shown = file('open', reading(2), open('open'));
    const front = file('front', reading(3), open('front'));
    expect(phase([any, shown, front], { active: front })).toEqual({
      kind: 'reading',
      uri: 'file:///front',
      doneTokens: 3,
      totalTokens: 100,
      filesLeft: 3,
    });
    expect(phase([file('w', waiting), any, shown])).toMatchObject({ uri: 'file:///open' });
    expect(phase([file('w', waiting), any])).toMatchObject({ uri: 'file:///any', doneTokens: 1 });
    expect(phase([file('w', waiting)])).toMatchObject({ uri: 'file:///w', doneTokens: 0, totalTokens: 0 });
  });

  it('is paused by the user always, by the battery only where there is something to read', () => {
    expect(phase([], { pausedByUser: true })).toEqual({ kind: 'paused', why: 'user', filesLeft: 0 });
    expect(phase([], { pausedByBattery: true })).toEqual({ kind: 'ready' });
    expect(phase([file('a', waiting)], { pausedByBattery: true })).toEqual({
      kind: 'paused',
      why: 'battery',
      filesLeft: 1,
    });
    expect(phase([file('a', waiting)], { pausedByUser: true, pausedByBattery: true })).toMatchObject({ why: 'user' });
  });
});
