import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { InlineCompletionTriggerKind, type Position } from 'vscode-languageserver-protocol';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { silentLogger } from '../../../../src/common';
import { prefill, type LineWeights } from '../../../../src/engine';
import { defaultSettings } from '../../../../src/protocol';
import { InlineCompleter, type InlineOutcome } from '../../../../src/server/inline';
import { PrefixStates } from '../../../../src/server/prefix';
import { AttendedNotesLog } from '../../../../src/server/attendedNotes';
import { EngineTasks, Scheduler } from '../../../../src/workspace';
import { lines, tokensOf, utf8 } from '../../../support/documents';
import { recordingEngine } from '../../../support/recordingEngine';
import { expectSameState } from '../../../support/states';
import { fileEngine } from '../../../support/tinyModel';

const engine = await fileEngine();
const { blockSize } = engine.config;

const encode = (text: string): number[] => [...engine.tokenizer.encode(utf8(text))];

/** The text before the typed line, and the text after the cursor. */
const above = lines(14);
const below = `);\n${lines(5, 3)}`;
/** The same with nothing following in the line. */
const following = `\n${lines(3, 3)}`;
const automatic: InlineCompletionTriggerKind = InlineCompletionTriggerKind.Automatic;
/** Maximum number of tokens of an automatic line. */
const LINE_TOKENS = 32;

// A frozen clock: what is written must not depend on the speed of this machine.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
});

/** A document that is typed in after `above`, and a completer over a recording engine. */
function typing(lineWeights?: LineWeights) {
  const { engine: watched, recording } = recordingEngine(engine, lineWeights);
  const scheduler = new Scheduler();
  onTestFinished(() => scheduler.close());
  const attendedNotes = new AttendedNotesLog(engine.config);
  const states = new PrefixStates(engine.config, 1e9);
  states.setTokens(tokensOf(engine, `${above}${below}`));
  const completer = new InlineCompleter(new EngineTasks(watched, scheduler), silentLogger, attendedNotes, () => states);
  const uri = 'untitled:a.ts';
  const file = { key: uri, uri, name: 'a.ts', reading: undefined, isOut: false };
  const settings = { ...defaultSettings, 'completion.minimumConfidence': 0, 'completion.inCommentsAndStrings': true };
  let version = 0;
  const open = (before: string, after: string): { document: TextDocument; position: Position } => {
    const document = TextDocument.create(uri, 'typescript', ++version, before + after);
    return { document, position: document.positionAt(before.length) };
  };
  const complete = (
    before: string,
    after = below,
    { signal = new AbortController().signal, triggerKind = automatic } = {},
  ): Promise<InlineOutcome> => {
    const { document, position } = open(before, after);
    const params = { textDocument: { uri }, position, context: { triggerKind } };
    return completer.complete(file, document, params, settings, signal);
  };
  const prepare = (before: string, after = below): Promise<boolean> => {
    const { document, position } = open(before, after);
    return completer.prepare(file, document, position, settings);
  };
  return { complete, prepare, recording, states, attendedNotes, key: uri };
}

describe('InlineCompleter', () => {
  it('reads the text before the cursor without its last word, looks it up, and tells what was read', async () => {
    const { complete, recording, attendedNotes, key } = typing();
    await complete(`${above}call(first`);
    const tokens = [...tokensOf(engine, above)];
    const boundary = Math.floor((tokens.length - 1) / blockSize) * blockSize;
    expect(boundary).toBeGreaterThan(0);
    expect(recording.made).toHaveLength(1);
    expect(recording.made[0]).toMatchObject({ from: boundary, ids: tokens.slice(boundary) });
    const line = encode('call');
    expect(recording.forks[0]!.ids.slice(0, tokens.length - boundary + line.length)).toEqual([
      ...tokens.slice(boundary),
      ...line,
    ]);
    expect([...recording.lookups[0]!.before]).toEqual(tokens);
    expect(recording.lookups[0]!.pushed.slice(0, line.length)).toEqual(line);
    attendedNotes.completed(key, { text: '', line: 0, character: 0 });
    expect([...attendedNotes.completion!.source.tokens]).toEqual(tokens);
  });

  it('reads nothing but what is typed, whatever stands after the cursor', async () => {
    const { complete, prepare, recording } = typing();
    await prepare(above);
    const { blocks } = recording;
    for (const line of ['', 'ca', 'call(', 'call(first, se']) await complete(above + line);
    await complete(`${above}call(first, se`, `)${below}`);
    expect(recording.made).toHaveLength(1);
    expect(recording.blocks).toBe(blocks);
    // The empty line belongs to the one before it; the first letter continues from there; then there are only letters.
    const [made] = recording.made;
    const all = [...tokensOf(engine, above).slice(made!.from)];
    const forks = recording.forks.filter(({ ids, own }) => ids.length - own === all.length).slice(-4);
    const typed = forks.map(({ ids, own }) => ids.slice(ids.length - own));
    expect(forks.map(({ ids, own }) => ids.slice(0, ids.length - own))).toEqual([all, all, all, all]);
    expect(typed[0]!.length).toBeLessThanOrEqual(LINE_TOKENS);
    expect(typed[2]!.slice(0, encode('call(first,').length)).toEqual(encode('call(first,'));

    // The next line continues from there as well.
    await complete(`${above}call(first);\nnext`);
    expect(recording.made).toHaveLength(1);
    expect(recording.forks.at(-1)!.ids.slice(0, all.length)).toEqual(all);
    expect(recording.blocks).toBe(blocks);
  });

  it('offers of several lines the one after which the next lines are likeliest', async () => {
    const textsWith = async (suffix: number): Promise<unknown> => {
      const { complete, recording } = typing({ own: 0, suffix, suffixTokens: 3 });
      const outcome = await complete(`${above}call(first`, following);
      expect(recording.predicted.length).toBeGreaterThan(1);
      for (const ids of recording.predicted) expect(ids).toEqual(encode(following).slice(0, 3));
      return outcome.kind === 'offered' && outcome.items.map(({ insertText }) => insertText);
    };
    const [likeliest, unlikeliest] = [await textsWith(1), await textsWith(-1)];
    expect(likeliest).toEqual(['r)']);
    expect(unlikeliest).not.toEqual(likeliest);
  });

  it('scores no lines where something follows in the same line', async () => {
    const { complete, recording } = typing({ own: 1, suffix: 1, suffixTokens: 3 });
    await complete(`${above}call(first`, `)${following}`);
    expect(recording.predicted).toEqual([]);
  });

  it('offers several lines to choose from for an explicit request only', async () => {
    const { complete } = typing({ own: 1, suffix: 1, suffixTokens: 3 });
    const textsFor = async (triggerKind: InlineCompletionTriggerKind): Promise<unknown> => {
      const outcome = await complete(`${above}return `, following, { triggerKind });
      return outcome.kind === 'offered' && outcome.items.map(({ insertText }) => insertText);
    };
    expect(await textsFor(InlineCompletionTriggerKind.Automatic)).toEqual(['N']);
    expect(await textsFor(InlineCompletionTriggerKind.Invoked)).toHaveLength(3);
  });

  it('leaves the states of the document as reading makes them', async () => {
    const { complete, states } = typing();
    for (const after of [below, `)${below}`]) await complete(`${above}call(first`, after);
    const tokens = tokensOf(engine, above);
    const { position, restore } = states.nearest(tokens);
    expect(position).toBe(Math.floor((tokens.length - 1) / blockSize) * blockSize);
    expectSameState(restore()!, await prefill(engine, engine.initialState(), tokens.subarray(0, position)));
  });

  it('rejects when it is cancelled, and says so when it is superseded', async () => {
    const { complete } = typing();
    const controller = new AbortController();
    const cancelled = complete(`${above}call(`, below, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(cancelled).rejects.toThrow('enough');
    const superseded = complete(`${above}call(`, following);
    const last = complete(`${above}call(first`, following);
    expect(await superseded).toEqual({ kind: 'nothing', why: 'superseded' });
    // An aborted request leaves no trace in later ones.
    expect(await last).toEqual(await typing().complete(`${above}call(first`, following));
    expect(await last).toMatchObject({ kind: 'offered', items: [{ insertText: 'r)' }] });
  });
});
