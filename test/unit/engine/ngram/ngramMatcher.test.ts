import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  certainty,
  evidence,
  maxMatchLength,
  NgramMatcher,
  ngramFile,
  readNgramWeights,
  otherFileEvidence,
  TokenIndex,
  WorkspaceIndex,
  type NgramWeights,
  type WorkspaceWeights,
} from '../../../../src/engine/ngram';
import { loadManifest, readBeside } from '../../../../src/engine/manifest';
import { counted } from '../../../support/counted';
import { testEngine, tinyModelDir, tinyModelWith } from '../../../support/tinyModel';

const tokens = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 60 }).map((ids) => Uint32Array.from(ids));

/** What followed matches of the last tokens, by checking every position. */
function slowly(before: Uint32Array, suffix: Uint32Array, last: number[]) {
  const places: { id: number; length: number }[] = [];
  for (const text of [before, suffix]) {
    for (let at = 1; at < text.length; at++) {
      let length = 0;
      while (length < Math.min(maxMatchLength, at, last.length) && text[at - 1 - length] === last.at(-1 - length))
        length++;
      if (length > 0) places.push({ id: text[at]!, length });
    }
  }
  const best = new Map<number, number>();
  for (const { id, length } of places) best.set(id, Math.max(best.get(id) ?? 0, length));
  const longest = Math.max(0, ...best.values());
  const count = (id: number | undefined, length: number): number =>
    places.filter(
      (place) => (id === undefined ? best.get(place.id) === length : place.id === id) && place.length === length,
    ).length;
  return Array.from(best, ([id, length]) => ({
    id,
    length,
    isLongest: length === longest,
    share: count(id, length) / count(undefined, length),
  }));
}

const byId = (a: { id: number }, b: { id: number }): number => a.id - b.id;

const weights: NgramWeights = {
  scale: 0.5,
  certain: 0,
  occurs: 0.25,
  lengths: [
    { upTo: 2, longest: 1, longestShare: 0.1, shorter: 0.4, shorterShare: 0.2 },
    { upTo: maxMatchLength, longest: 3, longestShare: 0.3, shorter: 0.6, shorterShare: 0.4 },
  ],
};

const workspace: WorkspaceWeights = {
  ...weights,
  occurs: 0,
  beyond: [{ upTo: maxMatchLength, longest: 2, longestShare: 0.5, shorter: 0.75, shorterShare: 0 }],
  within: [{ upTo: maxMatchLength, longest: 0.125, longestShare: 0, shorter: 0.0625, shorterShare: 0 }],
};

describe('TokenIndex', () => {
  it('finds what looking at every place finds', () => {
    fc.assert(
      fc.property(
        tokens,
        tokens,
        fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 40 }),
        (before, suffix, last) => {
          const found = new TokenIndex(5, before, suffix).matches(last);
          expect(found.toSorted(byId)).toEqual(slowly(before, suffix, last).toSorted(byId));
        },
      ),
    );
  });

  it('knows which tokens occur', () => {
    expect([...new TokenIndex(5, Uint32Array.of(1, 3), Uint32Array.of(4)).occurs]).toEqual([0, 1, 0, 1, 1]);
  });

  it('compares no more places of 400,000 than of 4,000 where one token is everywhere', () => {
    const reads = [4000, 400_000].map((length) => {
      const last = counted(new Array<number>(maxMatchLength).fill(2));
      expect(new TokenIndex(5, new Uint32Array(length).fill(2)).matches(last.tokens)).toEqual([
        { id: 2, length: maxMatchLength, isLongest: true, share: 1 },
      ]);
      return last.reads();
    });
    expect(reads[1]).toBe(reads[0]);
  });
});

describe('Lookup', () => {
  it('adds what followed elsewhere to what the model says, and leaves the model’s logits alone', () => {
    const matcher = new NgramMatcher(new TokenIndex(5, Uint32Array.of(1, 2, 3, 0, 1, 2)), weights);
    const logits = Float32Array.of(2, 4, 6, 8, 10);
    expect([...matcher.blend(logits)]).toEqual([1.25, 2.25, 3.25, 4.25 + 1, 5]);
    expect([...logits]).toEqual([2, 4, 6, 8, 10]);
  });

  it('lets the model count for more the more certain it is', () => {
    const index = new TokenIndex(5, Uint32Array.of(1, 2, 3, 0, 1, 2));
    const matcher = new NgramMatcher(index, { ...weights, certain: 0.5 });
    const [certain, torn] = [Float32Array.of(0, 0, 0, 0, 40), Float32Array.of(0, 0, 0, 0, 0)];
    expect(certainty(certain)).toBeCloseTo(1);
    expect(certainty(torn)).toBeCloseTo(0.2);
    expect(matcher.blend(certain)[4]).toBeCloseTo(40 * (0.5 + 0.5));
    expect(matcher.blend(torn)[3]).toBeCloseTo(0.25 + 1);
  });

  it('goes on with the text, and does not look up what was written', () => {
    const matcher = new NgramMatcher(new TokenIndex(5, Uint32Array.of(1, 2, 3, 0)), weights);
    matcher.push(4, 1);
    matcher.push(2);
    const zero = new Float32Array(5);
    expect(matcher.blend(zero)[3]).toBeCloseTo(0.25 + 1);
    matcher.push(...new Array<number>(500).fill(4), 4, 4);
    expect([...matcher.blend(zero)]).toEqual([0.25, 0.25, 0.25, 0.25, 0]);
  });

  it('adds what followed in other files, by weights that were fitted with them', () => {
    const index = new TokenIndex(5, Uint32Array.of(2, 4, 1, 2));
    const others = new WorkspaceIndex(5, 100);
    others.set('a', Uint32Array.of(1, 2, 3));
    others.set('b', Uint32Array.of(1, 2, 0));
    const otherFiles = others.excluding('c');
    const zero = new Float32Array(5);
    const share = Math.log(0.5);
    const both = new NgramMatcher(index, { ...weights, workspace }, otherFiles).blend(zero);
    [2 + 0.5 * share, 0, 0, 2 + 0.5 * share, 1].forEach((logit, id) => expect(both[id]).toBeCloseTo(logit));
    const alone = [0, 0.25, 0.25, 0, 1.25];
    expect([...new NgramMatcher(index, { ...weights, workspace }).blend(zero)]).toEqual(alone);
    expect([...new NgramMatcher(index, weights, otherFiles).blend(zero)]).toEqual(alone);
  });

  it('lets other files count by what the file itself knows', () => {
    const followed = { id: 0, length: 4, isLongest: true, share: 1 };
    expect(otherFileEvidence(followed, 3, workspace)).toBe(2);
    expect(otherFileEvidence(followed, 4, workspace)).toBe(0.125);
    expect(otherFileEvidence({ ...followed, isLongest: false }, 0, workspace)).toBe(0.75);
  });

  it('counts long matches and shorter ones by their own weights', () => {
    const share = Math.exp(-1);
    expect(evidence({ id: 0, length: 2, isLongest: true, share }, weights.lengths)).toBeCloseTo(0.9);
    expect(evidence({ id: 0, length: 3, isLongest: true, share }, weights.lengths)).toBeCloseTo(2.7);
    expect(evidence({ id: 0, length: 1, isLongest: false, share }, weights.lengths)).toBeCloseTo(0.2);
    expect(evidence({ id: 0, length: 9, isLongest: false, share: 1 }, weights.lengths)).toBeCloseTo(0.6);
  });
});

describe('readLookupWeights', () => {
  const lengths = {
    upTo: [2, 32],
    longest: [1, 3],
    longestShare: [0.1, 0.3],
    shorter: [0.4, 0.6],
    shorterShare: [0.2, 0.4],
  };
  const fitted = { scale: 0.5, certain: 0, occurs: 0.25, lengths, measured: {} };
  const load = async (modelDir: string): Promise<NgramWeights | undefined> =>
    readNgramWeights(await readBeside(modelDir, await loadManifest(modelDir), ngramFile));

  it('reads the columns', async () => {
    expect(await load(await tinyModelWith(ngramFile, fitted))).toEqual(weights);
  });

  it('reads those for other files, where there are some', async () => {
    const table = { upTo: [32], longest: [2], longestShare: [0.5], shorter: [0.75], shorterShare: [0] };
    const among = { ...fitted, occurs: 0, beyond: table, within: { ...table, longest: [1] } };
    const read = await load(await tinyModelWith(ngramFile, { ...fitted, workspace: among }));
    const { beyond } = workspace;
    expect(read).toEqual({
      ...weights,
      workspace: { ...workspace, within: [{ ...beyond[0], longest: 1 }] },
    });
    const wrong = load(await tinyModelWith(ngramFile, { ...fitted, workspace: { ...among, beyond: {} } }));
    await expect(wrong).rejects.toMatchObject({ code: 'model-file-invalid' });
  });

  it('has none of a model beside which there are none', async () => {
    expect(await load(tinyModelDir)).toBeUndefined();
  });

  it('gives an engine its lookup, or none', async () => {
    const [plain, engine] = [await testEngine(), await testEngine(await tinyModelWith(ngramFile, fitted))];
    expect(engine.ngramMatcher(engine.index(Uint32Array.of(1)))).toBeInstanceOf(NgramMatcher);
    expect(plain.ngramMatcher(plain.index(Uint32Array.of(1)))).toBeUndefined();
  });

  it.each([
    ['a column is short', { scale: 1, certain: 0, occurs: 0, lengths: { ...lengths, shorter: [1] } }],
    ['lengths do not ascend', { scale: 1, certain: 0, occurs: 0, lengths: { ...lengths, upTo: [32, 32] } }],
    ['the longest matches have no weights', { scale: 1, certain: 0, occurs: 0, lengths: { ...lengths, upTo: [2, 3] } }],
    ['a number is missing', { occurs: 0, lengths }],
  ])('says what is wrong when %s', async (_, json) => {
    const loading = load(await tinyModelWith(ngramFile, json));
    await expect(loading).rejects.toMatchObject({
      code: 'model-file-invalid',
      message: expect.stringContaining(ngramFile) as string,
    });
  });
});
