import { describe, expect, it } from 'vitest';
import { OtherFiles } from '../../../../src/server/inline';

const engine = { config: { vocabSize: 100 }, usesOtherFiles: true };
const fileAt = (key: string): { key: string } => ({ key });
/** As read: a header of one token, then the text. */
const reading = (...text: number[]) => ({ tokens: Uint32Array.of(99, ...text), headerTokens: 1 });

describe('OtherFiles', () => {
  it('knows what was read in other files, the file itself and headers left out', () => {
    const others = new OtherFiles(engine, () => 1e6);
    const [a, b] = [fileAt('/w/x/a.ts'), fileAt('/w/x/b.ts')];
    expect(others.excluding(a)).toBeUndefined();
    others.wasRead(a, reading(1, 2, 3));
    expect(others.excluding(a)).toBeUndefined();
    others.wasRead(b, reading(1, 2, 4));
    expect(others.excluding(a)!.matches([1, 2])).toEqual([{ id: 4, length: 2, isLongest: true, share: 1 }]);
    expect(others.excluding(a)!.matches([99, 1])).toEqual([]);
    const far = others.excluding(fileAt('/w/c.ts'))!.matches([1, 2]);
    expect(far.map(({ id }) => id).sort()).toEqual([3, 4]);
  });

  it('knows a file as it was read last, and not when it is forgotten', () => {
    const others = new OtherFiles(engine, () => 1e6);
    const [a, b] = [fileAt('/w/a.ts'), fileAt('/w/b.ts')];
    const found = (): number[] =>
      others
        .excluding(fileAt('/w/c.ts'))
        ?.matches([1, 2])
        .map(({ id }) => id) ?? [];
    others.wasRead(a, reading(1, 2, 3));
    others.wasRead(a, reading(1, 2, 5));
    expect(found()).toEqual([5]);
    others.wasRead(b, reading(1, 2, 7));
    others.forget(a.key);
    expect(found()).toEqual([7]);
  });

  it('keeps within its memory, also when that becomes less', () => {
    let limit = 10_000;
    const others = new OtherFiles(engine, () => limit);
    for (let i = 0; i < 100; i++) others.wasRead(fileAt(`/w/${i}.ts`), reading(...new Array<number>(99).fill(i % 50)));
    const known = (i: number): boolean => others.excluding(fileAt('/w/c.ts'))?.matches([i % 50, i % 50]).length === 1;
    expect([known(99), known(95), known(60)]).toEqual([true, true, false]);
    limit = 0;
    expect(others.excluding(fileAt('/w/c.ts'))).toBeUndefined();
  });

  it('holds nothing for a model that was not fitted for it', () => {
    const others = new OtherFiles({ ...engine, usesOtherFiles: false }, () => 1e6);
    others.wasRead(fileAt('/w/a.ts'), reading(1, 2, 3));
    expect(others.excluding(fileAt('/w/c.ts'))).toBeUndefined();
  });
});
