/** `npm run bench -- NAME`: measurements behind the numbers in README and model card. Each prints a table and writes JSON. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ask } from './ask';
import { completion } from './completion';
import { definitions } from './definitions';
import { far } from './far';
import { fidelity } from './fidelity';
import { infill } from './infill';
import { lookup } from './ngram';
import { lines } from './lines';
import { loss } from './loss';
import { SHIPPED_MODEL } from '../src/server/modelFolder';
import { operations } from './operations';
import { optionTypes, readOptions, type BenchOptions } from './options';
import { panel } from './panel';
import { perplexity } from './perplexity';
import { project } from './project';
import { recall } from './recall';
import { speed } from './speed';
import { states } from './states';
import { typing } from './typing';
import { validity } from './validity';

const benches: Record<string, (options: BenchOptions) => Promise<object>> = {
  loss,
  lookup,
  lines,
  infill,
  completion,
  recall,
  definitions,
  far,
  perplexity,
  speed,
  states,
  panel,
  fidelity,
  ask,
  operations,
  project,
  typing,
  validity,
};

/** The command, the weights and the date of a measurement, printed below each table of figures in the documents. */
function runOf(name: string, { modelDir }: BenchOptions): object {
  const { files } = JSON.parse(readFileSync(join(modelDir, 'manifest.json'), 'utf8')) as {
    files: Record<string, { sha256: string }>;
  };
  return {
    command: ['npm run bench --', name, ...process.argv.slice(2).filter((word) => word !== name)].join(' '),
    weights: `weights ${files['weights.bin']?.sha256.slice(0, 12) ?? 'unknown'}`,
    measured: new Date().toISOString().slice(0, 10),
  };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: optionTypes });
  const root = join(__dirname, '..');
  const options = readOptions(values, {
    modelDir: join(root, 'models', SHIPPED_MODEL),
    out: join(root, 'bench/results'),
  });
  mkdirSync(options.out, { recursive: true });
  const choice = `choose of ${Object.keys(benches).join(', ')}`;
  if (positionals.length === 0) throw new Error(`which bench? ${choice}`);
  for (const name of positionals) {
    const bench = benches[name];
    if (bench === undefined) throw new Error(`no bench is called ${name}: ${choice}`);
    console.log(`\n${name}`);
    const result = { run: runOf(name, options), ...(await bench(options)) };
    writeFileSync(join(options.out, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
