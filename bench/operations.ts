import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { heatStrip, toMarkup } from '../src/common/charts';
import { planSamples } from '../src/engine/fidelity/plan';
import { maxMatchLength, TokenIndex, WorkspaceIndex } from '../src/engine/ngram';
import { seededRandom } from '../src/engine/random';
import { Tokenizer } from '../src/engine/tokenizer';
import { TopSpans } from '../src/server/ask/rank/topSpans';
import { VectorTable } from '../src/server/ask/embedding';
import type { BenchOptions } from './options';
import { quantile } from './statistics';

/** Milliseconds. */
interface Times {
  runs: number;
  p50: number;
  p95: number;
}

/** Times several runs of an operation; the first one is a warm-up and does not count. */
function timed(runs: number, operation: (run: number) => unknown): Times {
  operation(0);
  const times = Array.from({ length: runs }, (_, run) => {
    const started = performance.now();
    operation(run);
    return performance.now() - started;
  });
  return { runs, p50: quantile(times, 0.5), p95: quantile(times, 0.95) };
}

const VOCABULARY = 16_384;

/** Tokens distributed as unevenly as those of code. */
function unevenTokens(length: number, random: () => number): Uint32Array {
  const tokens = new Uint32Array(length);
  for (let at = 0; at < length; at++) tokens[at] = Math.floor(random() ** 3 * VOCABULARY);
  return tokens;
}

/** Two million tokens in 500 files, and the same run everywhere in 20 more. */
function workspaceMatches(): Times {
  const random = seededRandom(1);
  const index = new WorkspaceIndex(VOCABULARY, 3_000_000);
  for (let i = 0; i < 500; i++) index.set(String(i), unevenTokens(4000, random));
  for (let i = 0; i < 20; i++) index.set(`same ${i}`, new Uint32Array(5000).fill(3));
  const otherFiles = index.excluding('1');
  const runs = Array.from({ length: 1000 }, (_, i) =>
    i % 4 === 0 ? new Uint32Array(maxMatchLength).fill(3) : unevenTokens(maxMatchLength, () => random() / 4),
  );
  return timed(runs.length, (run) => otherFiles.matches(runs[run]!));
}

function spanVectors(): Times {
  const width = 128;
  const each = 50;
  const table = new VectorTable(width);
  const random = seededRandom(2);
  const values = new Int8Array(each * width);
  for (let i = 0; i < values.length; i++) values[i] = Math.round(254 * random() - 127);
  const vectors = { values, scales: new Float32Array(each).fill(0.01) };
  const files = Array.from({ length: 1_000_000 / each }, () => table.add(vectors));
  return timed(10, (run) => {
    const best = new TopSpans<number>(80);
    const query = Float32Array.from({ length: width }, (_, i) => Math.sin(i + run));
    table.compare(query, files, (file, scores) => best.offerAll(file, scores));
  });
}

function fidelityPlan(): Times {
  const stride = 512 * 128;
  const readTokens = 999_936;
  const checkpoints = [
    ...Array.from({ length: Math.floor(readTokens / stride) }, (_, i) => (i + 1) * stride),
    readTokens,
  ];
  const input = { tokens: 1_000_000, headerTokens: 5, readTokens, blockSize: 128, checkpoints, samples: 192 };
  return timed(10, (seed) => planSamples({ ...input, seed }));
}

function picture(): Times {
  const positions = Uint32Array.from({ length: 10_000 }, (_, i) => i * 99);
  const layers = [3, 7, 11].map((layer) => ({ layer, positions }));
  return timed(20, () =>
    toMarkup(heatStrip({ tokens: 1_000_000, layers, checkpoints: [65_536, 131_072], recentFrom: 999_744 })),
  );
}

/** Single steps of what a user waits for, without the model: each must be small compared with a token or a frame. */
export async function operations({ modelDir }: BenchOptions): Promise<object> {
  const tokenizer = await Tokenizer.load(join(modelDir, 'tokenizer.json'));
  const index = new TokenIndex(VOCABULARY, new Uint32Array(400_000).fill(2));
  const blank = Buffer.from(' ');
  const megabyte = Buffer.alloc(1 << 20, ' ');
  const results: Record<string, Times> = {
    'matches in the text, 400,000 equal tokens': timed(200, () =>
      index.matches(new Uint32Array(maxMatchLength).fill(2)),
    ),
    'matches in other files, two million tokens': workspaceMatches(),
    'tokens that begin with a blank': timed(200, () => tokenizer.fitting(blank)),
    'tokens of a word of a megabyte': timed(3, () => tokenizer.encode(megabyte)),
    'best of a million span vectors': spanVectors(),
    'plan of a fidelity measurement, a million tokens': fidelityPlan(),
    'map of 30,000 notes as markup': picture(),
  };
  for (const [name, { p50, p95 }] of Object.entries(results))
    console.log(`${name}: ${p50.toFixed(2)} ms (p95 ${p95.toFixed(2)})`);
  return { cpus: cpus().length, loadAverage: loadavg()[0], milliseconds: results };
}
