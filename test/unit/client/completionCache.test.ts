import { describe, expect, it } from 'vitest';
import { BackOff } from '../../../src/client/backOff';
import { CompletionCache } from '../../../src/client/completionCache';
import { EditTrail } from '../../../src/client/editTrail';

describe('CompletionCache', () => {
  const cache = new CompletionCache();
  cache.add({ uri: 'a', before: 'let x = ', after: ';', insertText: 'compute(1)' });

  it('offers what remains while the user types along', () => {
    expect(cache.find('a', 'let x = ', ';')).toBe('compute(1)');
    expect(cache.find('a', 'let x = comp', ';')).toBe('ute(1)');
  });

  it.each([
    ['let x = ', ';'],
    ['let x = comp', ';'],
    ['let x = compute(1', ';'],
  ])('has nothing for somebody who asks, behind %j', (before, after) => {
    expect(cache.find('a', before, after)).toBeDefined();
    expect(cache.find('a', before, after, false)).toBeUndefined();
  });

  it('offers nothing where anything differs: what was typed, the text after, the file', () => {
    expect(cache.find('a', 'let x = con', ';')).toBeUndefined();
    expect(cache.find('a', 'let x = ', '')).toBeUndefined();
    expect(cache.find('b', 'let x = ', ';')).toBeUndefined();
    expect(cache.find('a', 'let x = compute(1)', ';')).toBeUndefined();
  });

  it('keeps the latest offers only', () => {
    for (let i = 0; i < 30; i++) cache.add({ uri: 'b', before: `${i}`, after: '', insertText: 'x' });
    expect(cache.find('a', 'let x = ', ';')).toBeUndefined();
    expect(cache.find('b', '29', '')).toBe('x');
  });
});

describe('EditTrail', () => {
  it('knows deletions and undo from typing', () => {
    const trail = new EditTrail();
    expect(trail.wentBack('a')).toBe(false);
    trail.changed('a', [{ rangeLength: 0, text: 'x' }], false);
    expect(trail.wentBack('a')).toBe(false);
    trail.changed('a', [{ rangeLength: 1, text: '' }], false);
    expect(trail.wentBack('a')).toBe(true);
    trail.changed('a', [{ rangeLength: 0, text: 'x' }], true);
    expect(trail.wentBack('a')).toBe(true);
    trail.changed('a', [], true);
    trail.changed('a', [{ rangeLength: 2, text: 'abc' }], false);
    expect(trail.wentBack('a')).toBe(false);
  });
});

describe('BackOff', () => {
  it('waits longer each time, gives up, and forgets failures after a healthy run', () => {
    const backOff = new BackOff();
    const waits: (number | undefined)[] = [];
    for (let i = 0; i < 7; i++) {
      backOff.started(0);
      waits.push(backOff.ended(1000)?.milliseconds);
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16000, undefined]);
    backOff.started(0);
    expect(backOff.ended(100_000)?.attempt).toBe(1);
  });
});
