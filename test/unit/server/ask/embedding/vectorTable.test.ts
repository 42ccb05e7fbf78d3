import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VectorTable, type QuantizedVectors, type Rows } from '../../../../../src/server/ask/embedding';
import { TopSpans } from '../../../../../src/server/ask/rank/topSpans';
import { seededRandom } from '../../../../../src/engine/random';

/** Random vectors from a seed. */
function vectors(count: number, width: number, seed: number): QuantizedVectors {
  const random = seededRandom(seed);
  // A loop: `from` takes most of these tests' time.
  const values = new Int8Array(count * width);
  for (let i = 0; i < values.length; i++) values[i] = Math.round(254 * random() - 127);
  return { values, scales: Float32Array.from({ length: count }, () => random()) };
}

/** The result of the kernel, computed the slow way; with the exact question. */
function products({ values, scales }: QuantizedVectors, query: Float32Array): number[] {
  return Array.from(scales, (scale, row) => {
    let sum = 0;
    for (let i = 0; i < query.length; i++) sum += query[i]! * values[row * query.length + i]!;
    return sum * scale;
  });
}

function compared(table: VectorTable, query: Float32Array, files: (Rows | undefined)[]): Map<number, number[]> {
  const found = new Map<number, number[]>();
  table.compare(query, files, (file, scores) => found.set(file, [...scores]));
  return found;
}

const close = (actual: number[], expected: number[], width: number): void => {
  expect(actual.length).toBe(expected.length);
  // The question is rounded to 14 bits.
  actual.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(0.02 * width));
};

describe('VectorTable', () => {
  it('compares as plain arithmetic does, whatever came, went and came again', () => {
    const step = fc.record({
      count: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(4096, 5000)),
      drop: fc.option(fc.nat(5), { nil: undefined }),
      seed: fc.integer(),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(1, 15, 16, 32, 50, 128),
        fc.array(step, { minLength: 1, maxLength: 10 }),
        fc.integer(),
        (width, steps, seed) => {
          const table = new VectorTable(width);
          const held: { rows: Rows; vectors: QuantizedVectors }[] = [];
          for (const { count, drop, seed: own } of steps) {
            const gone = drop === undefined ? undefined : held.splice(drop, 1)[0];
            if (gone) table.remove(gone.rows);
            const made = vectors(count, width, own);
            held.push({ rows: table.add(made), vectors: made });
          }
          const random = seededRandom(seed);
          const query = Float32Array.from({ length: width }, () => 2 * random() - 1);
          const found = compared(
            table,
            query,
            held.map(({ rows }) => rows),
          );
          held.forEach(({ vectors: own }, file) => close(found.get(file) ?? [], products(own, query), width));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('gives rows that were given back to others, so that edits do not fill the memory', () => {
    const table = new VectorTable(128);
    let rows = table.add(vectors(3000, 128, 1));
    const other = table.add(vectors(50, 128, 2));
    const before = table.bytes;
    for (let i = 0; i < 200; i++) {
      table.remove(rows);
      rows = table.add(vectors(2900 + (i % 100), 128, i));
    }
    expect(table.bytes).toBe(before);
    close(
      compared(table, new Float32Array(128).fill(1), [other]).get(0)!,
      products(vectors(50, 128, 2), new Float32Array(128).fill(1)),
      128,
    );
  });

  it('passes files without vectors over, says nothing of a question of zeros, and wants its own width', () => {
    const table = new VectorTable(16);
    const rows = table.add(vectors(3, 16, 1));
    expect([...compared(table, new Float32Array(16).fill(1), [undefined, rows]).keys()]).toEqual([1]);
    expect(compared(table, new Float32Array(16), [rows]).get(0)).toEqual([0, 0, 0]);
    expect(() => compared(table, new Float32Array(15), [rows])).toThrow(RangeError);
  });

  it('does not overflow at the largest numbers', () => {
    const width = 1024;
    const table = new VectorTable(width);
    const most = {
      values: new Int8Array(2 * width).fill(127, 0, width).fill(-127, width),
      scales: Float32Array.of(1, 1),
    };
    const found = compared(table, new Float32Array(width).fill(1), [table.add(most)]).get(0)!;
    expect(found[0]! / (127 * width)).toBeCloseTo(1, 5);
    expect(found[1]! / (-127 * width)).toBeCloseTo(1, 5);
  });

  it('finds the best of a million spans, at a constant 137 bytes each', () => {
    const width = 128;
    const each = 50;
    const table = new VectorTable(width);
    const files = Array.from({ length: 1_000_000 / each }, (_, i) => table.add(vectors(i < 100 ? each : 0, width, i)));
    const same = vectors(each, width, 7);
    for (let i = 100; i < files.length; i++) files[i] = table.add(same);
    const best = new TopSpans<number>(80);
    const query = Float32Array.from({ length: width }, (_, i) => Math.sin(i));
    table.compare(query, files, (file, scores) => best.offerAll(file, scores));
    const last = products(same, query);
    const found = best.list();
    expect(found).toHaveLength(80);
    expect(found[0]!.score).toBeGreaterThan(0.99 * Math.max(...last));
    expect(table.bytes / 1_000_000).toBeLessThan(138);
  });
});

describe('TopSpans', () => {
  it('keeps the best, as sorting would, without those that score nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 1000 })), fc.integer({ min: 1, max: 9 }), (scores, limit) => {
        const one = new TopSpans<string>(limit);
        const all = new TopSpans<string>(limit);
        scores.forEach((score, span) => one.offer('a', span, score));
        all.offerAll('a', Float32Array.from(scores));
        const expected = scores.filter((score) => score > 0).sort((a, b) => b - a);
        expect(one.list().map(({ score }) => score)).toEqual(expected.slice(0, limit));
        expect(all.list()).toEqual(one.list());
        for (const { span, score } of one.list()) expect(scores[span]).toBe(score);
      }),
    );
  });
});
