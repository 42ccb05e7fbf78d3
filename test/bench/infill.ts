import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from '../../src/engine';
import { seededRandom } from '../../src/engine/random';
import { FileMemory, MemoryStore } from '../../src/memory';
import { completeAt } from '../../src/server';
import { copyLongestMatch } from './copying';
import { heldOutFiles, interval, type HeldOutFile } from './heldOut';
import type { BenchOptions } from './main';

const CASES_PER_FILE = 12;

interface Hole {
  /** Byte offset of the cursor. */
  start: number;
  /** Byte offset of the line's end. */
  end: number;
}

/** Cursors inside real lines: from a random place in a line of code to its end at least four characters are missing. */
function holes({ bytes }: HeldOutFile, count: number, random: () => number): Hole[] {
  const text = bytes.toString('latin1');
  const found: Hole[] = [];
  for (let tries = 0; found.length < count && tries < count * 50; tries++) {
    const start = Math.floor(bytes.length * (0.1 + 0.9 * random()));
    const lineStart = text.lastIndexOf('\n', start - 1) + 1;
    let end = text.indexOf('\n', start);
    if (end < 0) continue;
    if (text[end - 1] === '\r') end--;
    const before = text.slice(lineStart, start);
    const middle = text.slice(start, end);
    const isCode = !/^\s*(\/\/|\/?\*|#(?!define|include)|"""|$)/.test(text.slice(lineStart, end));
    const startsCharacter = (bytes[start]! & 0xc0) !== 0x80;
    if (isCode && startsCharacter && middle.trim().length >= 4 && middle.length <= 80 && before.length < 120)
      found.push({ start, end });
  }
  return found;
}

/** Exact completion of a line in the middle of a held-out file, by the model and by copying after the longest match. */
export async function infill({ modelDir, scale }: BenchOptions): Promise<object> {
  const engine = await Engine.open({ modelDir, provider: 'cpu' });
  const folder = mkdtempSync(join(tmpdir(), 'memmamba-bench-'));
  const store = await MemoryStore.open(folder);
  const memory = new FileMemory(engine, store);
  const random = seededRandom(1);
  const tally = new Map<string, { cases: number; model: number; copying: number }>();
  for (const file of heldOutFiles()) {
    const counts = tally.get(file.language) ?? { cases: 0, model: 0, copying: 0 };
    tally.set(file.language, counts);
    // From the top down, so that each prefix goes on from a checkpoint of the one before.
    const chosen = holes(file, Math.ceil(CASES_PER_FILE * scale), random).sort((a, b) => a.start - b.start);
    for (const { start, end } of chosen) {
      const want = file.bytes.toString('utf8', start, end).trimEnd();
      const holed = Buffer.concat([file.bytes.subarray(0, start), file.bytes.subarray(end)]);
      const document = { label: `${file.language}/${file.name}`, basename: file.name, bytes: holed };
      const completion = await completeAt(engine, memory, document, start, { stop: 'line' });
      counts.cases++;
      if (completion.text.split(/\r?\n/, 1)[0]!.trimEnd() === want) counts.model++;
      const copied = copyLongestMatch(holed.toString('latin1'), start);
      if (Buffer.from(copied, 'latin1').toString('utf8').trimEnd() === want) counts.copying++;
    }
  }
  await store.close();
  rmSync(folder, { recursive: true });
  const all = { cases: 0, model: 0, copying: 0 };
  for (const counts of tally.values()) {
    all.cases += counts.cases;
    all.model += counts.model;
    all.copying += counts.copying;
  }
  console.log('rest of the line exactly right, held-out files (95 % interval)');
  for (const [language, { cases, model, copying }] of [...tally, ['all', all] as const]) {
    const share = (hits: number): string => `${((100 * hits) / cases).toFixed(1)} % (${interval(hits, cases)})`;
    console.log(`${language.padEnd(12)} model ${share(model)}  copying ${share(copying)}  of ${cases}`);
  }
  console.log(`ratio ${(all.model / Math.max(1, all.copying)).toFixed(2)}`);
  return { languages: Object.fromEntries(tally), all, ratio: all.model / Math.max(1, all.copying) };
}
