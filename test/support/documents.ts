import { onTestFinished } from 'vitest';
import type { Engine } from '../../src/engine';
import { MemoryStore, type MemoryDocument } from '../../src/memory';
import { temporaryFolder } from './folder';

export const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8');

export const document = (text: string, label = '/project/a.ts'): MemoryDocument => ({
  label,
  basename: 'a.ts',
  bytes: utf8(text),
});

/** Tokens that the model reads for a {@link document}: the file's name, the text. */
export const tokensOf = ({ tokenizer }: Engine, text: string): Uint32Array =>
  Uint32Array.of(tokenizer.special('path'), ...tokenizer.encode(utf8('a.ts\n')), ...tokenizer.encode(utf8(text)));

/** Text with some structure, different in every line. */
export const lines = (count: number, seed = 1): string =>
  Array.from({ length: count }, (_, i) => `const value_${(i * 7919 + seed) % 9973} = ${(i * i + seed) % 1009};\n`).join(
    '',
  );

/** A store that is closed with the test. @param folder default: a new one */
export async function openStore(folder?: string): Promise<MemoryStore> {
  const opened = await MemoryStore.open(folder ?? (await temporaryFolder()));
  onTestFinished(() => opened.close());
  return opened;
}
