import { Engine } from '../src/engine';
import { tokenize } from '../src/memory';
import { heldOutFiles } from './heldOut';
import type { BenchOptions } from './options';

/** Tokens per file: enough for notes to matter, few enough for two cores. */
const TOKENS_PER_FILE = 4096;

interface Sum {
  nats: number;
  bytes: number;
}

/** Bits per byte of held-out files: the int8 graph as shipped against the float graph of the same weights, both on the CPU. */
export async function loss({ modelDir, scale }: BenchOptions): Promise<object> {
  const engines = {
    int8: await Engine.open({ modelDir, provider: 'cpu' }),
    float: await Engine.open({ modelDir, provider: 'cpu', arithmetic: 'float' }),
  };
  const { tokenizer } = engines.int8;
  const languages = new Map<string, Record<'int8' | 'float', Sum>>();
  for (const file of heldOutFiles()) {
    const { tokens, headerTokens } = tokenize(engines.int8, { basename: file.name, bytes: file.bytes });
    const ids = tokens.subarray(0, Math.ceil(TOKENS_PER_FILE * scale));
    const bytes = ids.subarray(headerTokens).reduce((sum, id) => sum + tokenizer.tokenBytes(id).length, 0);
    const sums = languages.get(file.language) ?? { int8: { nats: 0, bytes: 0 }, float: { nats: 0, bytes: 0 } };
    languages.set(file.language, sums);
    for (const kind of ['int8', 'float'] as const) {
      const logs = await engines[kind].logProbs(engines[kind].initialState(), ids);
      sums[kind].nats -= logs.subarray(headerTokens - 1).reduce((sum, x) => sum + x, 0);
      sums[kind].bytes += bytes;
    }
  }
  const bits = ({ nats, bytes }: Sum): number => nats / bytes / Math.LN2;
  const all = { int8: { nats: 0, bytes: 0 }, float: { nats: 0, bytes: 0 } };
  const rows: Record<string, { float: number; int8: number; ratio: number }> = {};
  for (const [language, sums] of [...languages, ['all', all] as const]) {
    rows[language] = { float: bits(sums.float), int8: bits(sums.int8), ratio: bits(sums.int8) / bits(sums.float) };
    if (sums === all) break;
    for (const kind of ['int8', 'float'] as const) {
      all[kind].nats += sums[kind].nats;
      all[kind].bytes += sums[kind].bytes;
    }
  }
  console.log('bits per byte of held-out files');
  for (const [language, row] of Object.entries(rows)) {
    const change = ((row.ratio - 1) * 100).toFixed(2);
    console.log(`${language.padEnd(12)} float ${row.float.toFixed(4)}  int8 ${row.int8.toFixed(4)}  (${change} %)`);
  }
  return { tokensPerFile: TOKENS_PER_FILE * scale, bitsPerByte: rows };
}
