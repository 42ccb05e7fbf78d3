/** `npm run bench -- NAME`: measurements behind the numbers in README and model card. Each prints a table and writes JSON. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { completion } from './completion';
import { infill } from './infill';
import { loss } from './loss';

export interface BenchOptions {
  /** Folder of the model. */
  modelDir: string;
  /** Scales the number of cases: 1 is what the README quotes. */
  scale: number;
}

const benches: Record<string, (options: BenchOptions) => Promise<object>> = { loss, infill, completion };

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { model: { type: 'string' }, scale: { type: 'string', default: '1' }, out: { type: 'string' } },
  });
  const root = join(__dirname, '..');
  const names = positionals.length > 0 ? positionals : Object.keys(benches);
  for (const name of names) {
    const bench = benches[name];
    if (bench === undefined)
      throw new Error(`no bench is called ${name}: choose of ${Object.keys(benches).join(', ')}`);
    console.log(`\n${name}`);
    const result = await bench({
      modelDir: values.model ?? join(root, 'models/memmamba-small'),
      scale: Number(values.scale),
    });
    const folder = values.out ?? join(root, 'test/bench/results');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
