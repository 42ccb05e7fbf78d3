import { describe, expect, it, vi } from 'vitest';
import { FarDefinitionRequest, type FarDefinition } from '../../src/protocol';
import { temporaryFolder } from '../support/folder';
import { PATIENCE } from '../support/patience';
import { TestServer } from './client';

describe('memmamba/farDefinition', () => {
  it('finds the only definition of a name when it was read long ago, and nothing nearer', async () => {
    const server = await TestServer.start({ cache: await temporaryFolder() });
    const filler = Array.from(
      { length: 1500 },
      (_, i) => `export function step${i}(value: number) { return value + ${i}; }`,
    );
    const lines = [
      'export const FAR_LIMIT = 4800;',
      'export const twice = 1;',
      ...filler,
      'export const twice = 2;',
      'export const NEAR_LIMIT = 7;',
      'use(FAR_LIMIT, NEAR_LIMIT, twice);',
    ];
    const uri = 'untitled:far.ts';
    await server.open(uri, lines.join('\n'));
    await server.until(({ active }) => active?.state.kind === 'fresh', 'fresh');
    const line = lines.length - 1;
    const ask = (name: string): Promise<FarDefinition | null> =>
      server.request(FarDefinitionRequest.method, { uri, name, line, character: lines[line]!.indexOf(name) });

    // The index follows the reading.
    const found = await vi.waitUntil(() => ask('FAR_LIMIT'), { timeout: PATIENCE });
    expect(found).toMatchObject({ line: 1, text: 'export const FAR_LIMIT = 4800;' });
    expect(found.tokensAgo).toBeGreaterThan(20_000);
    expect(await ask('NEAR_LIMIT')).toBeNull();
    expect(await ask('twice')).toBeNull();
    expect(await ask('nowhere')).toBeNull();
    await server.stop();
  });
});
