import { CancellationTokenSource } from 'vscode-languageserver-protocol/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine';
import { FileMemory, MemoryStore, type FileReading } from '../../src/memory';
import {
  ATTENDED_SHARE,
  type AskResult,
  type FidelityProgress,
  type FidelityReport,
  type AttendedFile,
  type MemoryPanelResult,
  type MemoryViewModel,
  type AttendedResult,
} from '../../src/protocol';
import { temporaryFolder } from '../support/folder';
import { openTinyEngine } from '../support/tinyModel';
import { TestServer } from './client';
import { copied, copyingServer } from './copied';
import { lines } from './text';

const uri = 'untitled:Untitled-1';

let engine: Engine;
beforeAll(async () => {
  engine = await openTinyEngine();
});
afterAll(() => engine.dispose());

/** What the engine keeps of a text, read in this process. */
async function readHere(text: string): Promise<FileReading> {
  const store = await MemoryStore.open(await temporaryFolder());
  const document = { label: 'here', basename: 'Untitled-1', bytes: Buffer.from(text) };
  const reading = await new FileMemory(engine, store).read(document);
  await store.close();
  return reading;
}

async function panel(server: TestServer): Promise<MemoryViewModel> {
  const { state, viewModel } = await server.request<MemoryPanelResult>('memmamba/memoryPanel', { uri });
  expect(state.kind).toBe('fresh');
  return viewModel!;
}

/** Notes as in the panel, one string each, in slot order. */
function shownNotes({ notes, layers }: MemoryViewModel): string[] {
  return notes.position
    .map((position, i) => `${layers[notes.layer[i]!]} ${notes.slot[i]} ${position} ${Math.fround(notes.score[i]!)}`)
    .sort();
}

function engineNotes({ state }: FileReading): string[] {
  return state.pools
    .flatMap((pool, j) =>
      Array.from(
        { length: pool.count },
        (_, slot) => `${engine.config.noteLayers[j]} ${slot} ${pool.positions[slot]} ${pool.scores[slot]}`,
      ),
    )
    .sort();
}

/** Every read's shares sum to 1, and the shown notes make up the share of notes. */
function expectWhole({ reads, notes, tokens }: AttendedFile): void {
  expect(tokens).toBeGreaterThan(0);
  expect(reads.map(({ kind }) => kind)).toEqual(['own', 'own', 'cross']);
  for (const [i, { nothing, notes: ofNotes, recent, own }] of reads.entries()) {
    expect(nothing + ofNotes + recent + own).toBeCloseTo(1, 5);
    const shown = notes.weight.reduce((sum, weight, j) => sum + (notes.read[j] === i ? weight : 0), 0);
    expect(shown).toBeCloseTo(ofNotes, 9);
    expect(ofNotes).toBeGreaterThan(0);
  }
}

describe('memmamba/memoryPanel', () => {
  it('shows exactly the notes that the engine uses, with their places', async () => {
    const server = await TestServer.start({ cache: await temporaryFolder() });
    const text = lines(200);
    await server.open(uri, text);
    await server.ready();
    const viewModel = await panel(server);
    const reading = await readHere(text);
    expect(shownNotes(viewModel)).toEqual(engineNotes(reading));
    expect(viewModel.tokens).toBe(reading.tokens.length);
    expect(viewModel.bytes).toBe(Buffer.byteLength(text));
    const { notes } = viewModel;
    const rows = text.split('\n');
    for (const [i, line] of notes.line.entries()) {
      if (line < 0) continue;
      expect(notes.text[i]!.startsWith(rows[line]!.slice(notes.start[i], notes.end[i]))).toBe(true);
      expect(text.startsWith(notes.text[i]!, notes.offset[i])).toBe(true);
    }
    await server.stop();
  });

  it('shows another slot after a retained definition was changed', async () => {
    const server = await TestServer.start({ cache: await temporaryFolder() });
    const text = lines(200);
    await server.open(uri, text);
    await server.ready();
    const before = await panel(server);
    const { notes } = before;
    // A retained token with a visible width in its line, so that it can be overwritten.
    const chosen = notes.position.findIndex((_, i) => notes.line[i]! >= 0 && notes.end[i]! - notes.start[i]! >= 1);
    const [line, start, end] = [notes.line[chosen]!, notes.start[chosen]!, notes.end[chosen]!];
    const written = 'Ж'.repeat(end - start);
    await server.change(uri, written, [line, start], [line, end]);
    await server.until(({ active }) => active?.state.kind === 'fresh', 'fresh');
    const after = await panel(server);

    const rows = text.split('\n');
    rows[line] = rows[line]!.slice(0, start) + written + rows[line]!.slice(end);
    expect(shownNotes(after)).toEqual(engineNotes(await readHere(rows.join('\n'))));
    const slotOf = (viewModel: MemoryViewModel): string | undefined => {
      const i = viewModel.notes.slot.findIndex(
        (slot, at) => slot === notes.slot[chosen] && viewModel.notes.layer[at] === notes.layer[chosen],
      );
      return i < 0
        ? undefined
        : `${viewModel.notes.position[i]} ${viewModel.notes.score[i]} ${viewModel.notes.text[i]}`;
    };
    expect(slotOf(before)).toBeDefined();
    expect(slotOf(after)).not.toBe(slotOf(before));
    await server.stop();
  });

  it('counts what was evicted exactly, and names those that held a place', async () => {
    const server = await TestServer.start({ cache: await temporaryFolder() });
    await server.open(uri, lines(200));
    await server.ready();
    const { evicted, notes, poolSize, blockSize, tokens, layers } = await panel(server);
    const blocks = Math.floor(tokens / blockSize);
    const offered = (blocks - 1) * engine.config.notesPerBlock;
    expect(evicted.count).toEqual(layers.map(() => offered - poolSize));
    expect(evicted.known).toBe('placed');
    expect(evicted.notes.position.length).toBeGreaterThan(0);
    const kept = new Set(notes.position.map((position, i) => `${notes.layer[i]} ${position}`));
    const lowest = layers.map((_, layer) => Math.min(...notes.score.filter((__, i) => notes.layer[i] === layer)));
    for (const [i, position] of evicted.notes.position.entries()) {
      const layer = evicted.notes.layer[i]!;
      expect(kept.has(`${layer} ${position}`)).toBe(false);
      expect(evicted.notes.score[i]).toBeLessThanOrEqual(lowest[layer]!);
      expect(evicted.notes.until[i]).toBeGreaterThan(position);
    }
    await server.stop();
  });

  it('sends nothing twice, and tells of an edit before it is read', async () => {
    const server = await TestServer.start({ cache: await temporaryFolder() });
    await server.open(uri, lines(60));
    await server.ready();
    const first = await server.request<MemoryPanelResult>('memmamba/memoryPanel', { uri });
    const again = await server.request<MemoryPanelResult>('memmamba/memoryPanel', { uri, have: first.revision });
    expect(again).toMatchObject({ revision: first.revision, state: { kind: 'fresh' } });
    expect(again.viewModel).toBeUndefined();
    await server.change(uri, `${lines(70)}// the end\n`);
    const stale = await server.request<MemoryPanelResult>('memmamba/memoryPanel', { uri, have: first.revision });
    expect(stale.state.kind).not.toBe('fresh');
    await server.until(({ active }) => active?.state.kind === 'fresh', 'fresh');
    const next = await server.request<MemoryPanelResult>('memmamba/memoryPanel', { uri, have: first.revision });
    expect(next.viewModel?.lines).toBe(72);
    await expect(server.request('memmamba/memoryPanel', { uri: 'untitled:none' })).rejects.toThrow(/is not read/);
    await server.stop();
  });
});

describe('memmamba/recall', () => {
  it('reports what a completion attended to, completely, and counts it', async () => {
    const server = await copyingServer();
    const above = `${lines(120)}\n`;
    const text = above + copied.typed;
    await server.open(uri, text);
    await server.until(({ active }) => active?.state.kind === 'fresh', 'fresh');
    expect(await server.request('memmamba/recall', { of: 'completion' })).toBeNull();
    const [line, character] = copied.cursor;
    const { items } = await server.complete(uri, above.split('\n').length - 1 + line, character);
    const offered = items[0]?.insertText;
    expect(offered).toBeDefined();
    const attended = await server.request<AttendedResult>('memmamba/recall', { of: 'completion' });
    expect(attended.offered?.text).toBe(offered);
    const [file] = attended.files;
    expect(file).toMatchObject({ uri, name: 'Untitled-1' });
    expectWhole(file!);
    const { notes } = file!;
    for (const [i, offset] of notes.offset.entries()) {
      if (offset >= 0) expect(text.startsWith(notes.text[i]!, offset)).toBe(true);
    }
    const viewModel = await panel(server);
    expect(viewModel.counted).toEqual({ completions: 1, answers: 0 });
    const strong = new Set(
      notes.peak.flatMap((peak, i) => (peak >= ATTENDED_SHARE ? [`${notes.layer[i]} ${notes.position[i]}`] : [])),
    );
    const counted = viewModel.notes.attended.map((count, i) => ({
      count,
      strong: strong.has(`${viewModel.notes.layer[i]} ${viewModel.notes.position[i]}`),
    }));
    for (const { count, strong: isStrong } of counted) expect(count).toBe(isStrong ? 1 : 0);
    await server.stop();
  });

  it('reports what an answer attended to', async () => {
    const server = await TestServer.start({ cache: await temporaryFolder() });
    await server.open(uri, `${lines(60)}const retryLimit = 17;\n${lines(60)}`);
    await server.ready();
    const question = 'What is retryLimit?';
    const answer = await server.request<AskResult>('memmamba/ask', { question, scope: { kind: 'file', uri } });
    expect(answer.found).toBe(true);
    const attended = await server.request<AttendedResult>('memmamba/recall', { of: 'answer' });
    expect(attended.question).toBe(question);
    expect(attended.files).toHaveLength(1);
    expectWhole(attended.files[0]!);
    expect((await panel(server)).counted).toEqual({ completions: 0, answers: 1 });
    await server.request('memmamba/forget', { uris: [uri] });
    expect(await server.request('memmamba/recall', { of: 'answer' })).toBeNull();
    await server.stop();
  });
});

describe('memmamba/fidelity', () => {
  it('measures a file with progress, and ends when it is cancelled', async () => {
    const server = await TestServer.start({ cache: await temporaryFolder() });
    await server.open(uri, lines(120));
    await server.ready();
    const steps: FidelityProgress[] = [];
    server.connection.onNotification('$/progress', ({ value }: { value: FidelityProgress }) => void steps.push(value));
    const report = await server.request<FidelityReport>('memmamba/fidelity', { uri, progressToken: 'one' });
    expect(report.tokens).toBe((await panel(server)).tokens);
    expect(report.curve.length).toBeGreaterThan(0);
    expect(steps.length).toBeGreaterThan(1);
    expect(steps.at(-1)!.done).toBeLessThanOrEqual(steps.at(-1)!.total);

    const cancel = new CancellationTokenSource();
    const cancelled = server.connection.sendRequest('memmamba/fidelity', { uri }, cancel.token);
    cancel.cancel();
    await expect(cancelled).rejects.toThrow(/cancel/i);
    await server.stop();
  });
});
