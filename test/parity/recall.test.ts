import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine';
import { fixturePackages } from '../../bench/corpus';
import { makePlans } from '../../bench/recall/plan';
import type { BenchRecord } from '../../bench/recall/records';
import { runPlans } from '../../bench/recall/run';
import { shippedModelDir } from '../support/shippedModels';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('the shipped model', () => {
  it('recalls most passkeys of 1k to 4k tokens of real code, wherever they stand', async () => {
    const engine = await Engine.open({ modelDir: shippedModelDir, provider: 'cpu' });
    const corpus = { source: 'fixtures', packages: fixturePackages(`${root}/test/fixtures/held-out`) };
    const plans = makePlans({
      lengths: [1024, 4096],
      depths: [0, 0.5, 1],
      kinds: ['passkey'],
      cases: 4,
      seed: 7,
      pack: false,
    }).filter(({ facts }) => facts.every(({ fact }) => fact.defined === 'seen' && fact.asked === 'seen'));
    const records: BenchRecord[] = [];
    try {
      await runPlans({ engine, corpus, plans, seed: 7, onRecords: (some) => records.push(...some) });
    } finally {
      await engine.dispose();
    }
    const cases = records.flatMap((one) => (one.type === 'case' ? [one] : []));
    // Two lengths, three depths, asked in code and as a question.
    expect(cases).toHaveLength(12);
    const wrong = cases.filter(({ right }) => !right);
    // Chance is one in 90,000. The real grid is `npm run bench -- recall`.
    expect(wrong.length, JSON.stringify(wrong, null, 1)).toBeLessThanOrEqual(3);
    for (const length of [1024, 4096]) {
      expect(cases.filter((one) => one.length === length && one.right).length).toBeGreaterThan(3);
    }
  });
});
