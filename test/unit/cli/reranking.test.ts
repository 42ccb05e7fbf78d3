import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { askWeightsFile, Engine } from '../../../src/engine';
import { defaultWeights } from '../../../src/server/ask';
import { rerankerFolder } from '../../../src/server/ask/rerank';
import { installBeside } from '../../bench/besideModel';
import { cli, type CliResult } from '../../support/cli';
import { temporaryFolder } from '../../support/folder';
import { tinyModelWithReranker } from '../../support/tinyModel';

const description = 'opens and closes the store of this folder';
const names = ['opens', 'closes', 'reads', 'writes'];

/** A folder to ask about, and a model of which the reranker alone decides among the first places. */
async function workplace(): Promise<{ model: string; ask: (question: string) => Promise<CliResult> }> {
  const [files, cache, model] = [await temporaryFolder(), await temporaryFolder(), await tinyModelWithReranker()];
  for (const name of names)
    await writeFile(join(files, `${name}.ts`), `function ${name}(store) {\n  return store;\n}\n`);
  installBeside(model, askWeightsFile, {
    ...defaultWeights,
    confidence: { ...defaultWeights.confidence, bias: 99 },
    reranking: { places: 4, weight: 1000 },
  });
  return { model, ask: (question) => cli({ cache, model }, 'ask', files, question, '--json', '--provider', 'cpu') };
}

const first = ({ out }: Pick<CliResult, 'out'>): string =>
  (JSON.parse(out) as { citations: { symbol: string }[] }).citations[0]!.symbol;

describe('ask on the command line', () => {
  it('asks the reranker about descriptions, opens it for nothing else, and frees it', async () => {
    const { model, ask } = await workplace();
    const open = vi.spyOn(Engine, 'open');
    const dispose = vi.spyOn(Engine.prototype, 'dispose');
    const embed = vi.spyOn(Engine.prototype, 'embed');
    onTestFinished(() => void vi.restoreAllMocks());
    const named = await ask('Where is reads defined?');
    expect(first(named)).toBe('reads');
    expect(open).toHaveBeenCalledTimes(1);
    const described = await ask(description);
    expect(described.err).toBe('');
    expect(described.code).toBe(0);
    expect(open.mock.calls.map(([{ modelDir }]) => modelDir)).toEqual([model, model, join(model, rerankerFolder)]);
    expect(dispose).toHaveBeenCalledTimes(3);
    const reranker = (await open.mock.results[2]!.value) as Engine;
    const numbers = embed.mock.contexts.flatMap((engine, i) =>
      engine === reranker ? [embed.mock.results[i]!.value as Promise<Float32Array>] : [],
    );
    expect(numbers).toHaveLength(4);
  });

  it('answers without one that is damaged, and warns of it', async () => {
    const { model, ask } = await workplace();
    const folder = join(model, rerankerFolder);
    await rm(join(folder, 'weights.bin'));
    const { code, out, err } = await ask(description);
    expect(code).toBe(0);
    expect(err).toMatch(
      /^warning: The reranker in .* cannot be used, so answers are ranked without it: .*weights\.bin/,
    );
    await rm(folder, { recursive: true });
    const without = await ask(description);
    expect([without.code, without.err, first(without)]).toEqual([0, '', first({ out })]);
    await mkdir(folder);
    expect((await ask(description)).err).toMatch(/manifest\.json is missing/);
  });
});
