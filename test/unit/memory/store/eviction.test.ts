import { describe, expect, it } from 'vitest';
import type { EntryInfo } from '../../../../src/memory/store/backend';
import { Room } from '../../../../src/memory/store/eviction';

const key = (name: string): Buffer => Buffer.from(name.padEnd(32));

/** Entries written as `name size kind`, least recently used first. */
function entries(...list: string[]): { key: Buffer; info: EntryInfo }[] {
  return list.map((line, i) => {
    const [name, bytes, kind] = line.split(' ');
    const info: EntryInfo = { bytes: Number(bytes), lastUsed: i, labels: [], position: 0, modelId: '' };
    return { key: key(name!), info: kind === 'embedding' ? { ...info, kind } : info };
  });
}

const names = (keys: readonly Buffer[]): string[] => keys.map((one) => one.toString().trim());

describe('what has to go when the store is full', () => {
  it('is what was unused for longest, states before embeddings', () => {
    const held = entries('e1 100 embedding', 's1 300', 's2 300', 's3 200');
    const room = new Room(1000, () => held);
    expect(names(room.make([key('new')], 300))).toEqual(['s1']);
  });

  it('is embeddings once they have grown to a quarter, until there is room', () => {
    const held = entries('e1 100 embedding', 'e2 200 embedding', 'e3 200 embedding', 's1 300', 's2 150');
    const room = new Room(1000, () => held);
    expect(names(room.make([key('new')], 100))).toEqual(['e1', 'e2']);
  });

  it('is embeddings in the end, when there is nothing else', () => {
    const held = entries('e1 100 embedding', 'e2 100 embedding', 's1 700');
    const room = new Room(1000, () => held);
    expect(names(room.make([key('new')], 900))).toEqual(['s1', 'e1', 'e2']);
  });

  it('is nothing while there is room, and what is replaced does not count', () => {
    const held = entries('a 500', 'b 400');
    const room = new Room(1000, () => held);
    expect(room.make([key('b')], 500)).toEqual([]);
  });

  it('is not counted at every put, but when it matters', () => {
    let counted = 0;
    const held = entries('a 100');
    const room = new Room(1000, () => {
      counted++;
      return held;
    });
    for (let i = 0; i < 5; i++) expect(room.make([key(`n${i}`)], 100)).toEqual([]);
    expect(counted).toBe(1);
    room.forget();
    room.make([key('n')], 100);
    expect(counted).toBe(2);
    room.make([key('m')], 800);
    expect(counted).toBe(3);
  });
});
