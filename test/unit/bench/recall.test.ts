import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/engine/random';
import { fixturePackages } from '../../../bench/corpus';
import { absentQuestion, kinds, makeFact } from '../../../bench/recall/facts';
import { Fillers } from '../../../bench/recall/filler';
import { Names, words } from '../../../bench/recall/names';
import { assemble, makePlans, type Grid, type Plan } from '../../../bench/recall/plan';
import type { BenchRecord } from '../../../bench/recall/records';
import { runPlans } from '../../../bench/recall/run';
import { isAnswer, isNotFound, isWritten } from '../../../bench/recall/score';
import { readBlocks } from '../../../bench/reading';
import { fileEngine } from '../../support/tinyModel';
import { stateArrays } from '../engine/model';

const engine = await fileEngine();
const root = fileURLToPath(new URL('../../..', import.meta.url));
const corpus = { source: 'fixtures', packages: fixturePackages(`${root}/test/fixtures/held-out`) };
const grid: Grid = { lengths: [1024, 2048], depths: [0, 0.5, 1], kinds: [...kinds], cases: 2, seed: 1, pack: false };

const recipe = (file: string): string =>
  readFileSync(`${root}/models/training/memmamba_training/recall/${file}.py`, 'utf8');

describe('planted facts', () => {
  it('have names of words that training does not plant', () => {
    const list = /^WORDS = \(([^)]*)\)/m.exec(recipe('names'))![1]!;
    const trained = new Set(list.match(/[a-z]+/g));
    expect(trained.size).toBeGreaterThan(300);
    expect(words.filter((word) => trained.has(word))).toEqual([]);
  });

  it('wear what training plants when they are called seen, and nothing of it when they are called new', () => {
    const planted = recipe('facts').replaceAll('{0}', '{name}').replaceAll('{1}', '{value}');
    const names = new Names(seededRandom(5));
    for (const dress of ['seen', 'new'] as const) {
      for (let i = 0; i < 100; i++) {
        const fact = makeFact(i % 2 ? 'passkey' : 'uuid', { defined: dress, asked: dress }, names);
        const template = (text: string): string =>
          text.replaceAll('\n', '\\n').replaceAll(fact.name, '{name}').replaceAll(fact.value, '{value}');
        for (const text of [fact.definition, fact.use])
          expect([template(text), planted.includes(template(text))]).toEqual([template(text), dress === 'seen']);
        expect(planted.includes(`"${template(fact.question)}"`)).toBe(dress === 'seen');
      }
    }
  });

  it('hold name and value once in the definition, and the name but not the value where they are asked for', () => {
    const names = new Names(seededRandom(3));
    const count = (text: string, part: string): number => text.split(part).length - 1;
    for (let i = 0; i < 200; i++) {
      for (const kind of ['passkey', 'uuid', 'signature', 'enum'] as const) {
        const [defined, asked] = [i % 2 ? 'new' : 'seen', i % 3 ? 'new' : 'seen'] as const;
        const fact = makeFact(kind, { defined, asked }, names);
        const own = fact.name.split('.').at(-1)!;
        expect(count(fact.definition, own)).toBe(1);
        expect(count(fact.definition, fact.value)).toBe(1);
        expect(fact.definition.startsWith('\n') && !fact.definition.endsWith('\n')).toBe(true);
        for (const asking of [fact.use, fact.question]) {
          expect(asking).toContain(fact.name);
          expect(asking).not.toContain(fact.value);
        }
      }
    }
  });

  it('are never the same twice, and absent names are none of them', () => {
    const names = new Names(seededRandom(4));
    const made = Array.from({ length: 500 }, () => makeFact('passkey', { defined: 'seen', asked: 'seen' }, names).name);
    made.push(absentQuestion('seen', names).name);
    expect(new Set(made.map((name) => name.toLowerCase())).size).toBe(501);
  });
});

describe('scoring', () => {
  it('wants the whole value and nothing glued to it', () => {
    expect(isWritten('12345);', '12345')).toBe(true);
    expect(isWritten('12345', '12345')).toBe(true);
    expect(isWritten('123456', '12345')).toBe(false);
    expect(isWritten('12345.5', '12345')).toBe(false);
    expect(isWritten(' 12345', '12345')).toBe(false);
    expect(isWritten('(a: Node[]): Node[] {', '(a: Node[]): Node')).toBe(false);
    expect(isAnswer(' "ab-12"\n', '"ab-12"')).toBe(true);
    expect(isAnswer('ab-12', '"ab-12"')).toBe(true);
    expect(isAnswer('ab-12 or so', '"ab-12"')).toBe(false);
  });

  it('takes only the mark for "not found", with nothing before it', () => {
    const end = { reason: 'special', id: 9, logProb: -1 } as const;
    expect(isNotFound({ text: '', end, logProb: 0 }, 9)).toBe(true);
    expect(isNotFound({ text: '12', end, logProb: 0 }, 9)).toBe(false);
    expect(isNotFound({ text: '', end: { ...end, id: 8 }, logProb: 0 }, 9)).toBe(false);
    expect(isNotFound({ text: '', end: { reason: 'length' }, logProb: 0 }, 9)).toBe(false);
  });
});

describe('documents', () => {
  const fillers = new Fillers(engine, corpus, 1);
  const textOf = (ids: Uint32Array): string => Buffer.from(engine.tokenizer.decode(ids)).toString('utf8');

  it('let every kind wear every pair of dresses, packed or not', () => {
    for (const pack of [false, true]) {
      const worn = new Set<string>();
      for (const { questions } of makePlans({ ...grid, depths: [0, 0.25, 0.5, 0.75], cases: 4, pack }))
        for (const { kind, defined, asked } of questions) worn.add(`${kind} ${defined ?? 'nowhere'} ${asked}`);
      for (const kind of ['passkey', 'uuid', 'signature', 'enum', 'keys8', 'keys32'])
        for (const defined of ['seen', 'new'])
          for (const asked of ['seen', 'new']) expect(worn).toContain(`${kind} ${defined} ${asked}`);
    }
  });

  it('have exactly their length, hold every definition as a line of its own at its depth, and begin like their filler', () => {
    const plans = [...makePlans(grid), ...makePlans({ ...grid, pack: true })];
    expect(new Set(plans.map(({ id }) => id)).size).toBe(plans.length);
    for (const plan of plans.filter((one) => one.facts.length < 32)) {
      const filler = fillers.make(plan.filler, plan.length);
      const { ids, shared } = assemble(plan, filler, engine.tokenizer);
      expect(ids.length).toBe(plan.length);
      expect(ids.subarray(0, shared)).toEqual(filler.ids.subarray(0, shared));
      const text = textOf(ids);
      for (const { fact, depth } of plan.facts) {
        const at = text.indexOf(fact.definition);
        expect(at).toBeGreaterThan(0);
        if (plan.facts.length === 1) expect(Math.abs(at / text.length - depth)).toBeLessThan(0.15);
      }
    }
  });

  it('ask for all keys that they hold and for one that they do not', () => {
    const plan = makePlans(grid).find(({ id }) => id.includes('keys8'))!;
    expect(plan.questions).toHaveLength(9);
    const absent = plan.questions.at(-1)!;
    expect([absent.kind, absent.value, absent.use]).toEqual(['absent8', undefined, undefined]);
    expect(plan.facts.every(({ fact }) => !absent.question.includes(fact.name))).toBe(true);
  });

  it('are the same whatever else is measured with them', () => {
    const few = makePlans({ ...grid, cases: 1 });
    const many = new Map(makePlans({ ...grid, cases: 5, lengths: [1024, 2048, 4096] }).map((plan) => [plan.id, plan]));
    for (const plan of few) expect(many.get(plan.id)).toEqual(plan);
  });

  it('read on from a shared state as if read from the top, bit for bit', async () => {
    const filler = fillers.make(0, 2048);
    const plan = makePlans(grid).find((one) => one.length === 2048 && one.id.includes('passkey at 0.5'))!;
    const { ids, shared } = assemble(plan, filler, engine.tokenizer);
    await filler.stateBefore(512, { blocks: [] }, undefined);
    const times = { blocks: [] };
    const start = await filler.stateBefore(shared, times, undefined);
    // From the cached state after 512 tokens, not from the top.
    expect(times.blocks).toHaveLength(start.position / 128 - 4);
    const shared_ = await readBlocks(engine, start, ids.subarray(start.position));
    const whole = await readBlocks(engine, engine.initialState(), ids);
    expect(stateArrays(shared_.state)).toEqual(stateArrays(whole.state));
    expect(shared_.tail).toEqual(whole.tail);
  });

  it('refuse to repeat text', () => {
    expect(() => fillers.make(0, 10_000_000)).toThrow(/npm run held-out/);
  });
});

describe('a run', () => {
  const run = async (plans: readonly Plan[], signal?: AbortSignal): Promise<BenchRecord[]> => {
    const all: BenchRecord[] = [];
    await runPlans({
      engine,
      corpus,
      plans,
      seed: 1,
      onRecords: (records) => all.push(...records),
      ...(signal && { signal }),
    });
    return all;
  };
  const cases = (records: BenchRecord[]): BenchRecord[] => records.filter(({ type }) => type === 'case');

  it('records every question in both forms, the costs of each document, and the pace of the lengths', async () => {
    const plans = makePlans({ ...grid, cases: 1, kinds: ['passkey', 'absent'], depths: [0, 1] });
    const records = await run(plans);
    // Two lengths: passkey at two depths in two forms, and one absent name.
    expect(cases(records)).toHaveLength(2 * (2 * 2 + 1));
    expect(records.filter(({ type }) => type === 'document')).toHaveLength(6);
    const pace = records.find((one) => one.type === 'pace')!;
    expect(Object.keys(pace.millisecondsPerToken)).toEqual(['1024', '2048']);
    const sizes = records.flatMap((one) => (one.type === 'document' ? one.stateBytes : []));
    expect(new Set(sizes).size).toBe(1);
    expect(cases(await run(plans))).toEqual(cases(records));
  });

  it('hands over what it has when the time is up', async () => {
    const stop = new AbortController();
    const got: BenchRecord[] = [];
    const running = runPlans({
      engine,
      corpus,
      plans: makePlans({ ...grid, kinds: ['passkey'] }),
      seed: 1,
      onRecords: (records) => {
        got.push(...records);
        stop.abort(new Error('time is up'));
      },
      signal: stop.signal,
    });
    await expect(running).rejects.toThrow('time is up');
    expect(cases(got)).toHaveLength(2);
  });
});
