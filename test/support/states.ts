import { expect } from 'vitest';
import type { ModelState } from '../../src/engine';

/** Every array and number of a state by name, arrays as their bytes. */
function flatten(state: ModelState): Map<string, Buffer | number> {
  const parts = new Map<string, Buffer | number>();
  const visit = (name: string, value: unknown): void => {
    if (ArrayBuffer.isView(value)) parts.set(name, Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    else if (typeof value === 'number') parts.set(name, value);
    else for (const [key, inner] of Object.entries(value as object)) visit(`${name}.${key}`, inner);
  };
  visit('state', state);
  return parts;
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
