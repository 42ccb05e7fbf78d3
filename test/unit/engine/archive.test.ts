import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AttentionMass, ReadLog, prefill, type ModelConfig, type ModelState, type NotePool } from '../../../src/engine';
import {
  archiveBytes,
  archiveLimit,
  archiveNotes,
  bestSlots,
  readablePools,
  withoutArchives,
} from '../../../src/engine/archive';
import { selectPools } from '../../../src/engine/noteSelection';
import { heldBy } from '../../../src/engine/fidelity/read';
import { blockRows, logSigmoid, mergePool, type EvictedNote } from '../../../src/engine/notes';
import { initialState, type Archive } from '../../../src/engine/state';
import { archiveEngine, archiveSize, mixedTokens } from '../../support/tinyModel';
import { differences, stateArrays } from './model';

const engine = await archiveEngine();
const { config } = engine;
const { blockSize, noteWidth, noteHeads, noteHeadDim: e, poolSize, notesPerBlock } = config;
const BLOCKS = 16;
const tokens = mixedTokens((BLOCKS + 2) * blockSize);
/** States after each block, read in one go. */
const states: ModelState[] = [engine.initialState()];
await prefill(engine, states[0]!, tokens.subarray(0, BLOCKS * blockSize), {
  onBlock: (state) => void states.push(state),
});

const ascending = (a: number, b: number): number => a - b;
const positionsOf = ({ positions, count }: NotePool): number[] =>
  Array.from(positions.subarray(0, count)).sort(ascending);
const archived = (archive: Archive, size: number): number[] =>
  bestSlots(archive, size)
    .map((slot) => archive.rows.positions[slot]!)
    .sort(ascending);

describe('archiveNotes', () => {
  interface Note {
    position: number;
    score: number;
  }
  const better = (a: Note, b: Note): number => b.score - a.score || a.position - b.position;

  /** The rule in its simplest form: everything evicted from the pools, sorted, the best kept. */
  function naive(blocks: Note[][], rule: ModelConfig): number[] {
    const evicted: Note[] = [];
    let pool: Note[] = [];
    blocks.forEach((block, b) => {
      const from = (b + 1 - rule.protectedBlocks) * blockSize;
      const young = ({ position }: Note): number => Number(position >= from);
      pool = [...pool, ...block.toSorted(better).slice(0, notesPerBlock)];
      pool.sort((x, y) => young(y) - young(x) || better(x, y));
      evicted.push(...pool.splice(poolSize));
    });
    return evicted
      .toSorted(better)
      .slice(0, rule.archiveSize)
      .map(({ position }) => position)
      .sort(ascending);
  }

  const blockOf = (first: number, scores: readonly number[]) => {
    const key = new Float32Array(scores.length * noteWidth).map((_, i) => Math.sin(first * noteWidth + i));
    const ids = Uint32Array.from(scores, (_, t) => (first + t) % 500);
    return blockRows(
      config,
      ids,
      key,
      key.map((x) => 3 * x),
      Float32Array.from(scores),
    );
  };

  it.each([0, 1])(
    'keeps what the plain rule keeps of what pools lose, ties included; %i blocks protected',
    (blocks) => {
      const rule = { ...config, protectedBlocks: blocks };
      const scoresOfBlocks = fc.array(
        fc.array(fc.integer({ min: -3, max: 12 }), { minLength: blockSize, maxLength: blockSize }),
        { minLength: 1, maxLength: 24 },
      );
      fc.assert(
        fc.property(scoresOfBlocks, (scoresOfBlock) => {
          let pool = initialState(config).pools[0]!;
          let archive = initialState(config).archives[0]!;
          const read: Note[][] = [];
          scoresOfBlock.forEach((scores, b) => {
            const evicted: EvictedNote[] = [];
            pool = mergePool(rule, pool, blockOf(b * blockSize, scores), 0, b * blockSize, evicted);
            const before = archive;
            const had = Array.from(before.rows.positions.subarray(0, before.count));
            archive = archiveNotes(rule, archive, evicted);
            expect(Array.from(before.rows.positions.subarray(0, before.count))).toEqual(had);
            read.push(scores.map((score, t) => ({ position: b * blockSize + t, score })));
            expect(archived(archive, rule.archiveSize)).toEqual(naive(read, rule));
            expect(archive.count).toBeLessThanOrEqual(archiveLimit(rule));
          });
        }),
        { numRuns: 10 },
      );
    },
  );

  it('keeps two texts apart that go on from the same place', () => {
    const lostBy = (from: number, scores: number[]): EvictedNote[] =>
      scores.map((_, slot) => ({ source: blockOf(from, scores), slot, position: from + slot }));
    const start = archiveNotes(config, initialState(config).archives[0]!, lostBy(0, [5, 6]));
    const one = archiveNotes(config, start, lostBy(128, [7, 8]));
    const other = archiveNotes(config, start, lostBy(256, [9, 10]));
    expect(archived(one, archiveSize)).toEqual([0, 1, 128, 129]);
    expect(archived(other, archiveSize)).toEqual([0, 1, 256, 257]);
    expect(archived(start, archiveSize)).toEqual([0, 1]);
  });

  it('takes a byte per number, and no room that is not used', () => {
    const empty = initialState(config).archives[0]!;
    expect(archiveBytes(empty)).toBe(0);
    expect(empty.rows.key).toHaveLength(0);
    const source = blockOf(0, [1, 2, 3]);
    const three = archiveNotes(
      config,
      empty,
      [0, 1, 2].map((slot) => ({ source, slot, position: slot })),
    );
    expect(archiveBytes(three)).toBe(3 * (12 + 2 * noteWidth + 8 * noteHeads));
  });
});

describe('reading with an archive', () => {
  it('keeps every candidate, then the best of those that lost', () => {
    expect(config.archiveSize).toBe(archiveSize);
    for (const [i, state] of states.entries()) {
      const offered = Math.max(0, i - 1) * notesPerBlock;
      state.pools.forEach((pool, j) => {
        const archive = state.archives[j]!;
        expect(bestSlots(archive, archiveSize)).toHaveLength(Math.min(archiveSize, offered - pool.count));
        const both = [...positionsOf(pool), ...archived(archive, archiveSize)];
        expect(new Set(both).size).toBe(both.length);
        for (let slot = 0; slot < archive.count; slot++)
          expect(archive.rows.tokens[slot]).toBe(tokens[archive.rows.positions[slot]!]);
      });
    }
    expect(states[BLOCKS]!.archives[0]!.count).toBeGreaterThanOrEqual(archiveSize);
  });

  it('is bitwise the same in any chunking and from any state on the way', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: BLOCKS - 1 }),
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 }),
        async (from, sizes) => {
          let state = states[from]!;
          for (const size of sizes) {
            const end = Math.min(BLOCKS * blockSize, state.position + size * blockSize);
            state = await prefill(engine, state, tokens.subarray(state.position, end));
          }
          expect(differences(state, states[state.position / blockSize]!)).toEqual([]);
        },
      ),
      { numRuns: 6 },
    );
  });

  it('changes no state that another text continues from', async () => {
    const at = 9;
    const before = structuredClone(stateArrays(states[at]!));
    const other = mixedTokens(5 * blockSize).reverse();
    const fork = await prefill(engine, states[at]!, other);
    expect(stateArrays(states[at]!)).toEqual(before);
    const again = await prefill(engine, states[at]!, tokens.subarray(at * blockSize, BLOCKS * blockSize));
    expect(differences(again, states[BLOCKS]!)).toEqual([]);
    expect(differences(await prefill(engine, states[at]!, other), fork)).toEqual([]);
  });
});

describe('what decoders read', () => {
  it('is the pool and after it the archive, each number within half a step of a byte', () => {
    const state = states[BLOCKS]!;
    // Every earlier state has some of the notes as they were written.
    const written = new Map<number, { key: number[]; value: number[] }>();
    for (const { pools } of states) {
      const pool = pools[0]!;
      for (let slot = 0; slot < pool.count; slot++) written.set(pool.positions[slot]!, cells(pool, slot));
    }
    const both = readablePools(config, state)[0]!;
    expect(both.count).toBe(poolSize + archiveSize);
    expect(both.bias).toHaveLength(poolSize + archiveSize);
    expect(Array.from(both.positions.subarray(0, poolSize))).toEqual(Array.from(state.pools[0]!.positions));
    let seen = 0;
    for (let slot = 0; slot < both.count; slot++) {
      expect(both.bias[slot]).toBe(Math.fround(logSigmoid(both.scores[slot]!)));
      const as = written.get(both.positions[slot]!);
      if (as === undefined) continue;
      seen++;
      const now = cells(both, slot);
      for (let head = 0; head < noteHeads; head++) {
        for (const part of ['key', 'value'] as const) {
          const want = as[part].slice(head * e, (head + 1) * e);
          const step = slot < poolSize ? 0 : Math.max(...want.map(Math.abs)) / 127;
          now[part].slice(head * e, (head + 1) * e).forEach((x, i) => {
            expect(Math.abs(x - want[i]!)).toBeLessThanOrEqual(0.51 * step);
          });
        }
      }
    }
    expect(seen).toBeGreaterThan(poolSize);
  });

  it('is the very pool while nothing has been archived', () => {
    expect(readablePools(config, states[2]!)[0]).toBe(states[2]!.pools[0]);
  });

  it('holds the same notes after a block that the decoder read itself', async () => {
    for (const at of [3, 5, BLOCKS - 1]) {
      const own = await engine.decoder(states[at]!, tokens.subarray(at * blockSize, (at + 1) * blockSize + 9));
      const later = await engine.decoder(
        states[at + 1]!,
        tokens.subarray((at + 1) * blockSize, (at + 1) * blockSize + 9),
      );
      const [a, b] = await Promise.all([own, later].map((decoder) => attendedNotes(decoder.fork(), 1)));
      expect(a).toEqual(b);
      // A prompt that selects archived notes loses none of the others.
      const prompted = await attendedNotes(own.fork(), 3);
      config.noteLayers.forEach((layer, j) => {
        for (const position of positionsOf(states[at + 1]!.pools[j]!))
          expect(prompted).toContain(`${layer} ${position}`);
      });
    }
  });

  async function attendedNotes(decoder: Awaited<ReturnType<typeof engine.decoder>>, many: number): Promise<string[]> {
    const attention = new AttentionMass(config);
    await decoder.append(
      Uint32Array.from({ length: many }, (_, i) => 30 + i),
      { attention },
    );
    return attention
      .list()
      .map(({ layer, position }) => `${layer} ${position}`)
      .sort();
  }

  it('is accounted for: archived notes by their positions, all shares sum to one', async () => {
    const state = states[BLOCKS]!;
    const decoder = await engine.decoder(state, tokens.subarray(BLOCKS * blockSize, (BLOCKS + 1) * blockSize - 5));
    const reads = new ReadLog(config);
    const mass = decoder.fork();
    const prompt = tokens.subarray(0, 3);
    const attention = new AttentionMass(config);
    await mass.append(prompt, { attention, reads });
    // Across a block end, where pool and archive change.
    for (let i = 0; i < 12; i++) {
      await mass.append(tokens.subarray((BLOCKS + 1) * blockSize - 5 + i, (BLOCKS + 1) * blockSize - 4 + i), {
        attention,
        reads,
      });
    }
    const sums = new Map<string, number>();
    for (const { notes, nothing, recent, own } of reads.reads()) {
      expect(nothing + recent + own + notes.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 5);
      for (const { noteLayer, position, weight } of notes) {
        const key = `${config.noteLayers[noteLayer]} ${position}`;
        sums.set(key, (sums.get(key) ?? 0) + weight * reads.tokens);
      }
    }
    const byPlace = new Map(attention.list().map(({ layer, position, weight }) => [`${layer} ${position}`, weight]));
    for (const [key, sum] of sums) {
      // Later tokens were attended to as recent rows as well.
      if (Number(key.split(' ')[1]) < (BLOCKS - 1) * blockSize) expect(sum).toBeCloseTo(byPlace.get(key)!, 6);
    }
    config.noteLayers.forEach((layer, j) => {
      const read = archived(state.archives[j]!, archiveSize).filter((position) => sums.has(`${layer} ${position}`));
      expect(read.length).toBeGreaterThanOrEqual(16);
    });
  });

  it('is what a prompt looks up, with what follows, and otherwise the pool alone', () => {
    const state = states[BLOCKS]!;
    const selectable = { all: readablePools(config, state), from: state.position };
    const none = selectPools(config, selectable, [], false);
    expect(none.map(positionsOf)).toEqual(state.pools.map(positionsOf));
    const [layer] = config.noteLayers;
    const all = archived(state.archives[0]!, archiveSize);
    const position = all[10]!;
    const chosen = selectPools(config, selectable, [{ layer: layer!, position, weight: 1 }], false);
    const near = all.filter((at) => at >= position - 1 && at <= position + 48);
    expect(positionsOf(chosen[0]!)).toEqual([...positionsOf(state.pools[0]!), ...near].sort(ascending));
    expect(positionsOf(chosen[1]!)).toEqual(positionsOf(state.pools[1]!));
    expect(chosen.map(({ bias }) => bias.length)).toEqual(chosen.map(() => poolSize + near.length));
    // What is empty must not be read, and what is read is what was archived.
    expect(chosen[1]!.bias.subarray(poolSize).every((bias) => bias === -1e4)).toBe(true);
    const at = chosen[0]!.positions.indexOf(position);
    expect(cells(chosen[0]!, at)).toEqual(cells(selectable.all[0]!, selectable.all[0]!.positions.indexOf(position)));
  });

  it('is nothing else, of the pool too, where a prompt is narrow; what was written since stays', () => {
    const state = states[BLOCKS]!;
    const all = readablePools(config, state);
    const [layer] = config.noteLayers;
    const places = positionsOf(all[0]!);
    const position = places[Math.floor(places.length / 2)]!;
    const looked = [{ layer: layer!, position, weight: 1 }];
    const near = places.filter((at) => at >= position - 1 && at <= position + 48);
    const chosen = selectPools(config, { all, from: state.position }, looked, true);
    expect(chosen.map(positionsOf)).toEqual([near, ...chosen.slice(1).map(() => [])]);
    expect(new Set(chosen.map(({ bias }) => bias.length))).toEqual(new Set([128]));
    expect(chosen[0]!.bias.subarray(near.length).every((bias) => bias === -1e4)).toBe(true);
    for (const [slot, at] of chosen[0]!.positions.subarray(0, near.length).entries()) {
      expect(cells(chosen[0]!, slot)).toEqual(cells(all[0]!, all[0]!.positions.indexOf(at)));
    }
    const from = places.at(-3)!;
    const later = selectPools(config, { all, from }, looked, true);
    expect(positionsOf(later[0]!)).toEqual(places.filter((at) => near.includes(at) || at >= from));
    // No note was selected: only empty slots, since the graph needs some.
    for (const { count, bias } of selectPools(config, { all, from: state.position }, [], true)) {
      expect([count, new Set(bias)]).toEqual([0, new Set([-1e4])]);
    }
  });

  it('is read by a narrow prompt and what is written after it, across blocks; a later prompt sees everything again', async () => {
    const state = states[BLOCKS]!;
    const decoder = await engine.decoder(state, tokens.subarray(BLOCKS * blockSize, (BLOCKS + 1) * blockSize - 8));
    const whole = decoder.fork();
    const prompt = tokens.subarray(7, 12);
    await whole.append(prompt);
    await decoder.append(prompt, { focused: true });
    const full = await attendedNotes(whole, 1);
    const focused = await attendedNotes(decoder, 1);
    expect(focused.length).toBeLessThan(full.length);
    // What it reads is less, so what it says is something else.
    expect(decoder.logits).not.toEqual(whole.logits);
    for (let i = 0; i < blockSize + 12; i++) await decoder.append(tokens.subarray(i, i + 1));
    expect(decoder.logits.every(Number.isFinite)).toBe(true);
    const again = decoder.fork();
    await again.append(prompt);
    expect((await attendedNotes(again, 1)).length).toBeGreaterThan((await attendedNotes(decoder, 1)).length);
  });

  it('has no say in more of the text, nor where a decoder is to do without', async () => {
    const state = states[BLOCKS]!;
    const prompt = tokens.subarray(BLOCKS * blockSize, BLOCKS * blockSize + 20);
    const suffix = async (from: ModelState, selectsNotes: boolean): Promise<Float32Array> => {
      const decoder = await engine.decoder(from, prompt.subarray(0, 8));
      await decoder.append(prompt.subarray(8), { selectsNotes });
      return decoder.logits;
    };
    const without = await suffix(withoutArchives(state), true);
    expect(await suffix(state, false)).toEqual(without);
    expect(await suffix(state, true)).not.toEqual(without);
  });

  it('is asked with the word that a prompt ends in, though that is not read yet', async () => {
    const state = states[BLOCKS]!;
    /** What single tokens read after a prompt. */
    const readBehind = async (filled: number, ids: Uint32Array, heldBack?: Uint32Array): Promise<string[]> => {
      const decoder = await engine.decoder(state, tokens.subarray(BLOCKS * blockSize, BLOCKS * blockSize + filled));
      const before = decoder.position;
      await decoder.append(ids, heldBack && { heldBack });
      expect(decoder.position - before).toBe(ids.length);
      return attendedNotes(decoder, 1);
    };
    const prompt = tokens.subarray(7, 19);
    const [some, heldBack] = [prompt.subarray(0, 6), prompt.subarray(6)];
    const archivedOnly = (read: string[]): string[] =>
      read.filter((place) => Number(place.split(' ')[1]) < (BLOCKS - 1) * blockSize);
    const whole = archivedOnly(await readBehind(4, prompt));
    expect(archivedOnly(await readBehind(4, some, heldBack))).toEqual(whole);
    expect(archivedOnly(await readBehind(4, some))).not.toEqual(whole);
    // The prompt fills the block, so that the word begins the next one; and there may be nothing but the word.
    const atEnd = archivedOnly(await readBehind(blockSize - some.length, some));
    expect(archivedOnly(await readBehind(blockSize - some.length, some, heldBack))).not.toEqual(atEnd);
    const alone = archivedOnly(await readBehind(4, new Uint32Array(0)));
    expect(archivedOnly(await readBehind(4, new Uint32Array(0), heldBack))).not.toEqual(alone);
  });

  it('counts as held', () => {
    const state = states[BLOCKS]!;
    const memory = { ...state, pools: readablePools(config, state) };
    const [position] = archived(state.archives[0]!, archiveSize);
    expect(heldBy(config, memory, position!)).toContain(config.noteLayers[0]);
    expect(heldBy(config, state, position!)).not.toContain(config.noteLayers[0]);
  });

  /** A note's numbers, read out of the graph's layout. */
  function cells(pool: NotePool, slot: number): { key: number[]; value: number[] } {
    const slots = pool.bias.length;
    const rows = Array.from({ length: noteWidth }, (_, row) => row);
    return {
      key: rows.map((row) => pool.key[row * slots + slot]!),
      value: rows.map((row) => pool.value[(Math.floor(row / e) * slots + slot) * e + (row % e)]!),
    };
  }
});
