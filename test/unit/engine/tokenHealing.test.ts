import { describe, expect, it } from 'vitest';
import { expectedFitting } from '../../../src/engine/tokenHealing';
import { fileEngine } from '../../support/tinyModel';

const { tokenizer } = await fileEngine();

/** The two tokens of a word, and another token that is a part of the first. */
function wordOfTwo(): { word: Uint8Array; own: number; part: number } {
  for (let id = 0; id < tokenizer.vocabSize; id++) {
    const bytes = tokenizer.tokenBytes(id);
    if (!/^[a-z]{3,}$/.test(Buffer.from(bytes).toString('latin1'))) continue;
    const [part] = tokenizer.encode(bytes.subarray(0, 1));
    const word = Buffer.concat([bytes, Buffer.from('q')]);
    const own = tokenizer.encode(word);
    if (own.length === 2 && own[0] === id) return { word, own: id, part: part! };
  }
  throw new Error('no such word');
}

describe('expectedFitting', () => {
  const { word, own, part } = wordOfTwo();
  const logits = (of: Record<number, number>): Float32Array =>
    Float32Array.from({ length: tokenizer.vocabSize }, (_, id) => of[id] ?? 0);
  const best = (given: Float32Array): number => {
    const ids = expectedFitting(tokenizer, word, given);
    return ids.reduce((most, id) => (given[id]! > given[most]! ? id : most), ids[0]!);
  };

  it('cuts a word as it stands where the model expects none of it', () => {
    const other = tokenizer.encode(Buffer.from('('))[0]!;
    expect(best(logits({ [other]: 20, [part]: 9, [own]: 4 }))).toBe(own);
  });

  it('cuts it otherwise where the model expects that', () => {
    expect(best(logits({ [part]: 20, [own]: 4 }))).toBe(part);
  });

  it('leaves the given logits as they are', () => {
    const given = logits({ [part]: -5 });
    const before = given.slice();
    expectedFitting(tokenizer, word, given);
    expect(given).toEqual(before);
  });
});
