import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { InlineCompletionTriggerKind, type Position } from 'vscode-languageserver-protocol';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { silentLogger } from '../../../../src/common';
import { prefill, type InfillSetting, type LineWeights } from '../../../../src/engine';
import { defaultSettings } from '../../../../src/protocol';
import { InlineCompleter, type InlineOutcome } from '../../../../src/server/inline';
import { PrefixStates } from '../../../../src/server/prefix';
import { LibraryFile } from '../../../../src/server/reading';
import { Recalls } from '../../../../src/server/recalls';
import { Scheduler, ScheduledEngine } from '../../../../src/server/schedule';
import { lines, tokensOf, utf8 } from '../../../support/documents';
import { recordingEngine } from '../../../support/recordingEngine';
import { expectSameState } from '../../../support/states';
import { fileEngine } from '../../../support/tinyModel';

const engine = await fileEngine();
const { blockSize } = engine.config;

const encode = (text: string): number[] => [...engine.tokenizer.encode(utf8(text))];

/** The text before the line that is typed, and the one behind the cursor's place. */
const above = lines(14);
const below = `);\n${lines(5, 3)}`;
/** The most that is written unasked. */
const LINE_TOKENS = 32;
const shown: InfillSetting = { shown: 10, back: 20 };

/** A document that is typed in behind `above`, and a completer over an engine that writes down what is asked of it. */
function typing(infill: InfillSetting, lineWeights?: LineWeights) {
  const { engine: watched, recording } = recordingEngine(engine, infill, lineWeights);
  const scheduler = new Scheduler();
  onTestFinished(() => scheduler.close());
  const recalls = new Recalls(engine.config);
  const completer = new InlineCompleter(
    new ScheduledEngine(watched, () => Scheduler.turn()),
    scheduler,
    silentLogger,
    recalls,
  );
  const uri = 'untitled:a.ts';
  const file = new LibraryFile(uri, undefined, uri);
  const states = new PrefixStates(engine.config, 1e9);
  states.setTokens(tokensOf(engine, `${above}${below}`));
  file.prefix = states;
  const settings = { ...defaultSettings, 'completion.minimumConfidence': 0, 'completion.inCommentsAndStrings': true };
  let version = 0;
  const open = (before: string, after: string): { document: TextDocument; position: Position } => {
    const document = TextDocument.create(uri, 'typescript', ++version, before + after);
    return { document, position: document.positionAt(before.length) };
  };
  const complete = (before: string, after = below, signal = new AbortController().signal): Promise<InlineOutcome> => {
    const { document, position } = open(before, after);
    const params = {
      textDocument: { uri },
      position,
      context: { triggerKind: InlineCompletionTriggerKind.Automatic },
    };
    return completer.complete(file, document, params, settings, signal);
  };
  const prepare = (before: string, after = below): Promise<boolean> => {
    const { document, position } = open(before, after);
    return completer.prepare(file, document, position, settings);
  };
  return { complete, prepare, recording, states, recalls, key: uri };
}

// The clock stands still: a slow machine would cut short what is written.
beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

describe('InlineCompleter', () => {
  it('shows what is behind the cursor before the text that leads to it', async () => {
    const { complete, recording, recalls, key } = typing(shown);
    await complete(`${above}call(first`);
    const tokens = [...tokensOf(engine, above)];
    const place = Math.floor((tokens.length - shown.back) / blockSize) * blockSize;
    expect(place).toBeGreaterThan(0);
    const [suffix, prefix] = ['fim_suffix', 'fim_prefix'].map((name) => engine.tokenizer.special(name));
    const expected = [suffix, ...encode(below).slice(0, shown.shown), prefix, ...tokens.slice(place)];
    expect(recording.made).toHaveLength(1);
    expect(recording.made[0]).toMatchObject({ from: place, ids: expected });
    const line = encode('call');
    expect(recording.forks[0]!.ids.slice(0, expected.length + line.length)).toEqual([...expected, ...line]);
    // Looked up is the text as it stands in the document; recalled is what was read at its own place.
    expect([...recording.lookups[0]!.before]).toEqual(tokens);
    expect(recording.lookups[0]!.pushed.slice(0, line.length)).toEqual(line);
    recalls.completed(key, { text: '', line: 0, character: 0 });
    expect([...recalls.completion!.source.tokens]).toEqual(tokens.slice(0, place));
  });

  it('reads nothing but what is typed while the text behind stays', async () => {
    const { complete, prepare, recording } = typing(shown);
    await prepare(above);
    const { blocks } = recording;
    for (const line of ['', 'ca', 'call(', 'call(first, se']) await complete(above + line);
    expect(recording.made).toHaveLength(1);
    expect(recording.blocks).toBe(blocks);
    // The empty line belongs to the one before it; the first letter goes on from there; then there are only letters.
    const [made] = recording.made;
    const all = [...made!.ids.slice(0, 2 + shown.shown), ...tokensOf(engine, above).slice(made!.from)];
    const typed = recording.forks.slice(-3).map(({ ids, own }) => ids.slice(-own));
    expect(recording.forks.slice(-3).map(({ ids, own }) => ids.slice(0, -own))).toEqual([all, all, all]);
    expect(typed[0]!.length).toBeLessThanOrEqual(LINE_TOKENS);
    expect(typed[2]!.slice(0, encode('call(first,').length)).toEqual(encode('call(first,'));

    // The next line goes on from there as well.
    await complete(`${above}call(first);\nnext`);
    expect(recording.made).toHaveLength(1);
    expect(recording.forks.at(-1)!.ids.slice(0, all.length)).toEqual(all);
    expect(recording.blocks).toBe(blocks);
  });

  it('starts again, without reading again, when the text behind changes', async () => {
    const { complete, recording } = typing(shown);
    await complete(`${above}call`);
    const { blocks } = recording;
    await complete(`${above}call(`, `)${below}`);
    expect(recording.made).toHaveLength(2);
    expect(recording.made[1]!.from).toBe(recording.made[0]!.from);
    expect(recording.made[1]!.ids.slice(1, 1 + shown.shown)).toEqual(encode(`)${below}`).slice(0, shown.shown));
    expect(recording.blocks).toBe(blocks);
    // Back to what it was: only the latest is kept.
    await complete(`${above}call`);
    expect(recording.made).toHaveLength(3);
  });

  it('shows nothing to a model that has not learned it, or where only white space follows', async () => {
    const [none, blank] = [typing({ ...shown, shown: 0 }), typing(shown)];
    await none.complete(`${above}call(first`);
    await blank.complete(`${above}call(first`, '\n\n');
    const tokens = [...tokensOf(engine, above)];
    const boundary = Math.floor((tokens.length - 1) / blockSize) * blockSize;
    for (const { recording } of [none, blank]) {
      expect(recording.made).toHaveLength(1);
      expect(recording.made[0]).toMatchObject({ from: boundary, ids: tokens.slice(boundary) });
    }
  });

  it('weighs lines by what stands behind the cursor in the next lines, and only there', async () => {
    const weights: LineWeights = { own: 1, behind: 1, behindTokens: 3 };
    const nextLines = `\n${lines(3, 3)}`;
    const { complete, recording } = typing({ ...shown, shown: 0 }, weights);
    await complete(`${above}call(first`, nextLines);
    const [{ length }, predicted] = [recording.made, recording.predicted];
    expect(length).toBe(1);
    expect(predicted.length).toBeGreaterThan(1);
    for (const ids of predicted) expect(ids).toEqual(encode(nextLines).slice(0, 3));
    recording.predicted.length = 0;
    await complete(`${above}call(first`, `)${nextLines}`);
    expect(recording.predicted).toEqual([]);
  });

  it('leaves the states of the document as reading makes them', async () => {
    const { complete, states } = typing(shown);
    for (const after of [below, `)${below}`]) await complete(`${above}call(first`, after);
    const tokens = tokensOf(engine, above);
    const { position, restore } = states.nearest(tokens);
    expect(position).toBe(Math.floor((tokens.length - shown.back) / blockSize) * blockSize);
    expectSameState(restore()!, await prefill(engine, engine.initialState(), tokens.subarray(0, position)));
  });

  it('ends when it is cancelled or superseded, and completes for the latest', async () => {
    const { complete, recording } = typing(shown);
    const controller = new AbortController();
    const cancelled = complete(`${above}call(`, below, controller.signal);
    controller.abort(new Error('enough'));
    await expect(cancelled).rejects.toThrow('enough');
    const superseded = complete(`${above}call(`);
    const last = complete(`${above}call(fi`);
    expect(await superseded).toEqual({ kind: 'nothing', why: 'superseded' });
    expect(await last).not.toMatchObject({ why: 'superseded' });
    // One that has ended before it had a turn has read nothing.
    expect(recording.made).toHaveLength(1);
    const [typed, from] = [encode('call('), recording.made[0]!.ids.length];
    expect(recording.forks.at(-1)!.ids.slice(from, from + typed.length)).toEqual(typed);
  });
});
