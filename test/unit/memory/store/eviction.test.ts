import { describe, expect, it } from 'vitest';
import type { EntryInfo } from '../../../../src/memory/store/backend';
import { Room } from '../../../../src/memory/store/eviction';

const key = (name: string): Buffer => Buffer.from(name.padEnd(32));

const DAY = 86_400_000;

interface Written {
  kind?: 'embedding' | 'notes';
  document?: string;
  position?: number;
  uses?: number;
  /** Days since the last use. */
  age?: number;
}

function entry(name: string, bytes: number, written: Written = {}): { key: Buffer; info: EntryInfo } {
  const { kind, document = name, position = bytes, uses = 1, age = 0 } = written;
  const lastUsed = Date.now() - age * DAY;
  return {
    key: key(name),
    info: { bytes, lastUsed, uses, labels: [document], position, modelId: '', ...(kind && { kind }) },
  };
}

/** Entries written as `name size`, least recently used first. */
const entries = (...list: string[]): { key: Buffer; info: EntryInfo }[] =>
  list.map((line, i) => {
    const [name, bytes] = line.split(' ');
    return entry(name!, Number(bytes), { age: list.length - i });
  });

const names = (keys: readonly Buffer[]): string[] => keys.map((one) => one.toString().trim());
const gone = (held: ReturnType<typeof entry>[], bytes: number): string[] =>
  names(new Room(1000, () => held).make([key('new')], bytes));

describe('what has to go when the store is full', () => {
  it('is what was unused for longest among equals', () => {
    expect(gone(entries('a 300', 'b 300', 'c 200'), 300)).toEqual(['a']);
  });

  it('is what is quick to read again, or seldom used, for its size', () => {
    const dear = entry('dear', 300, { position: 3000 });
    const used = entry('used', 300, { uses: 9 });
    const cheap = entry('cheap', 300, { position: 290 });
    expect(gone([dear, cheap, used], 300)).toEqual(['cheap']);
    expect(gone([dear, entry('twice', 300, { uses: 2, age: 8 }), used], 300)).toEqual(['twice']);
  });

  it('is a document with its notes, not parts of it', () => {
    const held = [
      entry('end', 200, { document: 'a', age: 2 }),
      entry('notes', 200, { document: 'a', kind: 'notes', age: 2 }),
      entry('b', 400),
    ];
    expect(gone(held, 300)).toEqual(['end', 'notes']);
  });

  it('is no embedding of the last 90 days while there are states; older ones go first', () => {
    const held = [
      entry('older', 100, { kind: 'embedding', age: 91 }),
      entry('old', 100, { kind: 'embedding', age: 89 }),
      entry('s', 500),
    ];
    expect(gone(held, 400)).toEqual(['older', 's']);
    expect(gone(held, 1000)).toEqual(['older', 's', 'old']);
  });

  it('is nothing for what may not evict: then there is no room', () => {
    const room = new Room(1000, () => [entry('a', 900)]);
    expect(room.isFor(50)).toBe(true);
    expect(room.isFor(200)).toBe(false);
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
