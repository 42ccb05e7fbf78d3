import { expect } from 'vitest';
import { archiveArrays, type ModelState } from '../../src/engine';

/** Every array and number of a state by name, arrays as their bytes. */
function flatten(state: ModelState): Map<string, Buffer | number> {
  const parts = new Map<string, Buffer | number>();
  const visit = (name: string, value: unknown): void => {
    if (ArrayBuffer.isView(value)) parts.set(name, Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    else if (typeof value === 'number') parts.set(name, value);
    else for (const [key, inner] of Object.entries(value as object)) visit(`${name}.${key}`, inner);
  };
  const { archives, ...rest } = state;
  visit('state', rest);
  // Several states share the rows of an archive: only the first belong to this state.
  for (const [i, { count, rows }] of archives.entries()) {
    const own = (data: { length: number }): number => count && (data.length / rows.positions.length) * count;
    visit(`archives.${i}`, { count, ...mapValues({ ...archiveArrays(rows) }, (data) => data.subarray(0, own(data))) });
  }
  return parts;
}

function mapValues<V, W>(object: Record<string, V>, map: (value: V) => W): Record<string, W> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}

/** Expects two states to be equal bit for bit. (`toEqual` takes seconds for arrays of this size.) */
export function expectSameState(actual: ModelState, expected: ModelState): void {
  const [a, b] = [flatten(actual), flatten(expected)];
  expect([...a.keys()].sort()).toEqual([...b.keys()].sort());
  const different = [...a].filter(([name, value]) => {
    const other = b.get(name)!;
    return Buffer.isBuffer(value) ? !value.equals(other as Buffer) : value !== other;
  });
  expect(different.map(([name]) => name)).toEqual([]);
}
