import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { archiveArrays, type Engine, type ModelState } from '../../../src/engine';

/** A model of a megabyte with random weights in the shape of the real one. */
export const tinyModel = fileURLToPath(new URL('../../fixtures/tiny-model', import.meta.url));

/** Runs `body` with a private copy of the tiny model. */
export async function withModelCopy<T>(body: (modelDir: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'memmamba-model-'));
  try {
    const modelDir = join(folder, 'model');
    await cp(tinyModel, modelDir, { recursive: true });
    return await body(modelDir);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Arbitrary token ids, the same in every run. */
export function someIds(engine: Engine, count: number, seed = 1): Uint32Array {
  const specials = engine.tokenizer.specialIds.length;
  let x = seed >>> 0;
  return Uint32Array.from({ length: count }, () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return specials + ((x >>> 8) % (engine.config.vocabSize - specials));
  });
}

/** Every array of a state, by name: two states are bitwise equal when these are. */
export function stateArrays(state: ModelState): Record<string, ArrayLike<number>> {
  const arrays: Record<string, ArrayLike<number>> = { position: [state.position] };
  state.conv.forEach((a, i) => (arrays[`conv.${i}`] = a));
  state.ssm.forEach((a, i) => (arrays[`ssm.${i}`] = a));
  state.shift.forEach((a, i) => (arrays[`shift.${i}`] = a));
  for (const part of ['pools', 'recent'] as const) {
    state[part].forEach((rows, i) => {
      for (const [name, value] of Object.entries(rows) as [string, number | ArrayLike<number>][]) {
        arrays[`${part}.${i}.${name}`] = typeof value === 'number' ? [value] : value;
      }
    });
  }
  // Several states share the rows of an archive: only the first are this state's own.
  state.archives.forEach(({ count, rows }, i) => {
    arrays[`archives.${i}.count`] = [count];
    for (const [name, value] of Object.entries(archiveArrays(rows))) {
      arrays[`archives.${i}.${name}`] = value.subarray(0, count && (value.length / rows.positions.length) * count);
    }
  });
  return arrays;
}

/** Names of the arrays in which two states differ by at least one bit. */
export function differences(a: ModelState, b: ModelState): string[] {
  const [left, right] = [stateArrays(a), stateArrays(b)];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].filter((name) => {
    const [x, y] = [left[name], right[name]];
    if (x?.length !== y?.length || x === undefined || y === undefined) return true;
    for (let i = 0; i < x.length; i++) if (!Object.is(x[i], y[i])) return true;
    return false;
  });
}
