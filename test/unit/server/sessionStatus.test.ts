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
  size: 100,
  ...more,
});

const open = (name: string): Partial<File> => ({
  document: TextDocument.create(`file:///${name}`, 'typescript', 1, ''),
});

const phase = (files: File[], facts: Partial<PhaseFacts> = {}): ReturnType<typeof phaseOf> =>
  phaseOf({
    failure: undefined,
    isReady: true,
    isExplored: true,
    words: undefined,
    tokensPerSecond: undefined,
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

  it('looks through files until the folders are walked and the words of all can be searched', () => {
    const files = [file('a', waiting), file('b', waiting), file('c', { kind: 'skipped', reason: 'binary', why: '' })];
    expect(phase([], { isExplored: false })).toEqual({ kind: 'indexing', doneFiles: 0, totalFiles: 0 });
    expect(phase(files, { words: 1 })).toEqual({ kind: 'indexing', doneFiles: 1, totalFiles: 2 });
    expect(phase(files, { words: 1, pausedByUser: true }).kind).toBe('paused');
  });

  it('tells what is left of the whole workspace: at the measured rate of files that are read, and in time', () => {
    const fresh = file('a', { kind: 'fresh', tokens: 20, restoredTokens: 0 });
    const changed = file('d', { kind: 'stale', tokens: 40 });
    expect(phase([fresh, file('b', reading(60)), file('c', waiting), changed], { tokensPerSecond: 10 })).toEqual({
      kind: 'reading',
      uri: 'file:///b',
      filesLeft: 3,
      tokensLeft: 40 + 20 + 40,
      share: 80 / 180,
      secondsLeft: 10,
    });
  });

  it('shows the file in front, then an open one, then any that is being read', () => {
    const any = file('any', reading(1));
    const shown = file('open', reading(2), open('open'));
    const front = file('front', reading(3), open('front'));
    expect(phase([any, shown, front], { active: front })).toEqual({
      kind: 'reading',
      uri: 'file:///front',
      filesLeft: 3,
      tokensLeft: 294,
      share: 6 / 300,
    });
    expect(phase([file('w', waiting), any, shown])).toMatchObject({ uri: 'file:///open' });
    expect(phase([file('w', waiting), any])).toMatchObject({ uri: 'file:///any' });
    expect(phase([file('w', waiting)])).toMatchObject({ uri: 'file:///w', tokensLeft: 30 });
  });

  it('is paused by the user always, by the battery only where there is something to read', () => {
    expect(phase([], { pausedByUser: true })).toMatchObject({ kind: 'paused', why: 'user', filesLeft: 0 });
    expect(phase([], { pausedByBattery: true })).toEqual({ kind: 'ready' });
    expect(phase([file('a', waiting)], { pausedByBattery: true })).toMatchObject({
      kind: 'paused',
      why: 'battery',
      filesLeft: 1,
    });
    expect(phase([file('a', waiting)], { pausedByUser: true, pausedByBattery: true })).toMatchObject({ why: 'user' });
  });
});
