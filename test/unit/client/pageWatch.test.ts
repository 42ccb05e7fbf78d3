import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PageWatch } from '../../../src/client/pageWatch';

let reloads = 0;
let watch: PageWatch;

beforeEach(() => {
  vi.useFakeTimers();
  reloads = 0;
  watch = new PageWatch(() => {
    reloads++;
    watch.shown();
  });
});
afterEach(() => {
  vi.useRealTimers();
});

test('leaves a page alone that comes in time, and one that nobody sees', () => {
  watch.shown();
  vi.advanceTimersByTime(7000);
  watch.came();
  vi.advanceTimersByTime(600_000);
  watch.shown();
  watch.hidden();
  vi.advanceTimersByTime(600_000);
  expect(reloads).toBe(0);
});

test('makes the view anew with more patience each time, and gives up in the end', () => {
  watch.shown();
  const seen = [8, 16, 32, 600].map((seconds) => {
    vi.advanceTimersByTime(seconds * 1000);
    return reloads;
  });
  expect(seen).toEqual([1, 2, 3, 3]);
});

test('a page that came at last is watched again from the beginning', () => {
  watch.shown();
  vi.advanceTimersByTime(9000);
  watch.came();
  watch.shown();
  vi.advanceTimersByTime(8000);
  expect(reloads).toBe(2);
});
