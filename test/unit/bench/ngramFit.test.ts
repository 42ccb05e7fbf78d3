import { describe, expect, it } from 'vitest';
import { ngramFile, readNgramWeights } from '../../../src/engine/ngram';
import { loadManifest, readBeside } from '../../../src/engine/manifest';
import { copyFromAny, copyLongestMatch } from '../../../bench/copying';
import { fit, meanLoss, toJson, writes, type Candidate, type Step } from '../../../bench/ngramFit';
import { tinyModelWith } from '../../support/tinyModel';

const match = { length: 6, isLongest: true, share: 1 };
const plain: Candidate = { id: 1, logProb: Math.log(0.5), occurs: false, followed: undefined, endsLine: false };
/** The model is undecided; other files know it, and occasionally the file knows better. */
const steps = Array.from({ length: 40 }, (_, i): Step => {
  const fileKnows = i % 4 === 0;
  return {
    candidates: [
      { ...plain, otherFiles: match },
      { ...plain, id: 2, ...(fileKnows && { followed: { ...match, length: 12 } }) },
    ],
    certainty: 0.5,
    longest: fileKnows ? 12 : 0,
    wanted: fileKnows ? 1 : 0,
    atLineEnd: false,
  };
});

describe('the fit of lookup weights', () => {
  const weights = fit(steps);

  it('finds how much other files say, and that the file itself says more', () => {
    expect(meanLoss(steps, weights, 'workspace')).toBeLessThan(0.5 * meanLoss(steps, weights));
    expect(meanLoss(steps, weights)).toBeLessThan(meanLoss(steps));
    expect(writes(steps, weights, 'workspace')).toBe(true);
    expect(writes(steps, weights)).toBe(true);
    expect(writes([{ ...steps[1]!, wanted: 1 }], weights, 'workspace')).toBe(false);
  });

  it('takes everything that ends a line as right at its end', () => {
    const end = [plain, { ...plain, id: 2, logProb: Math.log(0.3), endsLine: true }];
    const step: Step = { candidates: end, certainty: 0.5, longest: 0, wanted: -1, atLineEnd: true };
    expect(meanLoss([step])).toBeCloseTo(-Math.log(0.3));
    expect(writes([step])).toBe(false);
    expect(writes([{ ...step, candidates: end.slice(1) }])).toBe(true);
  });

  it('writes what an engine reads', async () => {
    const folder = await tinyModelWith(ngramFile, toJson(weights, {}));
    expect(readNgramWeights(await readBeside(folder, await loadManifest(folder), ngramFile))).toEqual(weights);
  });
});

describe('copying', () => {
  const text = 'call(one);\ncall(two);\nrecall(';

  it('takes the rest of the line after the longest match', () => {
    expect(copyLongestMatch(text, text.length)).toBe('two);');
    expect(copyLongestMatch('', 0)).toBe('');
  });

  it('takes it from another file only where more is the same there', () => {
    expect(copyFromAny(text, text.length, ['xcall(three);\n'])).toBe('two);');
    expect(copyFromAny(text, text.length, ['\nrecall(four);\n'])).toBe('four);');
    expect(copyFromAny('', 0, ['a'])).toBe('');
  });
});
