import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, Engine, generate } from '../../src/engine';
import { FileMemory, MemoryStore, type FileReading } from '../../src/memory';
import { keptNotes, noteColumns } from '../../src/server';
import { askReadings } from '../support/askReadings';
import { shippedModelDir } from '../support/shippedModels';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Names and values that occur nowhere else: only a model that has read the first lines can know them. */
const definition = 'export const SPINDLE_BACKLOG = 58213;\n';
const others = 'export const ZEBRA_MITTEN = 71946;\nexport const retryBudget = 30487;\n\n';
const values = { SPINDLE_BACKLOG: '58213', ZEBRA_MITTEN: '71946', retryBudget: '30487' };

/** Prefixes of lines that use one of them. */
const uses = [
  'assert.equal(NAME, ',
  'expect(NAME).toBe(',
  'assertEquals(NAME, ',
  'console.assert(NAME === ',
  '// NAME = ',
  'const known = NAME; // ',
  'if (known === NAME) // ',
  'assert NAME == ',
];

/** The definitions, then more than 20,000 tokens of real held-out code that does not mention them. */
function document(engine: Engine): Buffer {
  const folder = join(root, 'test/fixtures/held-out');
  const notice = readFileSync(join(folder, 'NOTICE.md'), 'utf8');
  const files = [...notice.matchAll(/^\| ((?:typescript|javascript|go|java)\/\S+) /gm)].map((match) => match[1]!);
  let text = definition + others;
  for (const file of files) {
    text += `${readFileSync(join(folder, file), 'utf8')}\n`;
    if (engine.tokenizer.encode(Buffer.from(text)).length > 20_000) return Buffer.from(text);
  }
  throw new Error(`the held-out files are too short: ${files.length} files`);
}

describe('the shipped model on a file of 20,000 tokens', () => {
  const folder = mkdtempSync(join(tmpdir(), 'memmamba-shipped-'));
  let engine: Engine;
  let store: MemoryStore;
  let memory: FileMemory;
  let bytes: Buffer;
  let reading: FileReading;

  beforeAll(async () => {
    engine = await Engine.open({ modelDir: shippedModelDir, provider: 'cpu' });
    store = await MemoryStore.open(folder);
    memory = new FileMemory(engine, store);
    bytes = document(engine);
    reading = await memory.read({ label: 'long.ts', basename: 'long.ts', bytes });
  });

  afterAll(async () => {
    await store.close();
    await engine.dispose();
    rmSync(folder, { recursive: true });
  });

  it('answers with the value at its top and cites the line', async () => {
    const answer = await askReadings(engine, [reading], 'What is SPINDLE_BACKLOG?');
    expect(answer.sentences[0]).toEqual({ text: definition.trim(), kind: 'code', citation: 0 });
    expect(answer.citations[0]).toMatchObject({ line: 1, text: expect.stringContaining(definition.trim()) as string });
  });

  it('kept every token of that value as a note, in every note layer', () => {
    const start = definition.indexOf('58213');
    const notes = noteColumns(keptNotes(reading.state, engine.config), reading);
    const isOfValue = (i: number): boolean =>
      notes.line[i] === 0 && notes.start[i]! >= start && notes.start[i]! < start + 5;
    const kept = [...notes.position.keys()].filter(isOfValue).sort((a, b) => notes.position[a]! - notes.position[b]!);
    for (const layer of engine.config.noteLayers.keys()) {
      const text = kept.filter((i) => notes.layer[i] === layer).map((i) => notes.text[i]);
      expect(text.join('')).toBe('58213');
    }
  });

  it('writes the values where their names are used 20,000 tokens later, by the model alone', async () => {
    const { tokenizer } = engine;
    const written: string[] = [];
    let right = 0;
    for (const [name, value] of Object.entries(values)) {
      for (const use of uses) {
        const decoder = await engine.decoder(reading.state, reading.tail);
        await decoder.append(tokenizer.encode(Buffer.from(`\n\n${use.replace('NAME', name)}`)));
        const { bytes } = await collect(generate(decoder, { tokenizer, maxTokens: 8, stop: 'line' }));
        const text = Buffer.from(bytes).toString('utf8');
        written.push(text);
        right += Number(text.startsWith(value));
      }
    }
    // Habit may win here and there: `assert.equal(…, 0` is common in this file. By chance, none would be right.
    expect(right, written.join(' | ')).toBeGreaterThanOrEqual((uses.length * Object.keys(values).length) / 2);
  });
});
