import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Tokenizer } from '../../src/engine';
import { shippedModelDir } from '../support/shippedModels';

/** Written by models/training/memmamba_training/export/golden_tokenizer.py. */
const golden = JSON.parse(readFileSync(new URL('tokenizer.golden.json', import.meta.url), 'utf8')) as {
  tokenizer: string;
  cases: { name: string; bytes: string; ids: number[] }[];
};
const tokenizer = await Tokenizer.load(join(shippedModelDir, 'tokenizer.json'));

describe('the shipped tokenizer against the training one', () => {
  it('was tested with golden vectors of this very file', () => {
    expect(tokenizer.id).toBe(golden.tokenizer);
    expect(golden.cases.length).toBeGreaterThan(200);
  });

  it.each(golden.cases)('$name', ({ bytes, ids }) => {
    const raw = Buffer.from(bytes, 'base64');
    expect(Array.from(tokenizer.encode(raw))).toEqual(ids);
    expect(Buffer.from(tokenizer.decode(Uint32Array.from(ids)))).toEqual(raw);
  });

  it('cuts what the editor sends for a lone surrogate like U+FFFD', () => {
    expect(tokenizer.encode(Buffer.from('a\ud800b'))).toEqual(tokenizer.encode(Buffer.from('a\ufffdb')));
  });
});
