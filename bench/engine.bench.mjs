// Measures reading and writing of the engine on the CPU: tokens/s by position in a long file, milliseconds per written token.
//   node bench/engine.bench.mjs [--model DIR] [--file FILE] [--blocks N]
// Writes engine.json and engine.svg to bench/results/.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { loadEngine } from './loadEngine.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : process.argv[at + 1];
};
const modelDir = resolve(option('model', join(root, 'models/memmamba-small')));
const file = resolve(option('file', join(root, 'node_modules/typescript/lib/lib.dom.d.ts')));
const blocks = Number(option('blocks', '100'));

const { Engine, collect, generate, prefill } = await loadEngine();

const text = await readFile(file);
const results = [];
for (const threads of [...new Set([1, Math.min(2, availableParallelism())])]) {
  let start = performance.now();
  const engine = await Engine.open({ modelDir, provider: 'cpu', threads });
  const openMs = performance.now() - start;
  const { blockSize } = engine.config;
  start = performance.now();
  const ids = engine.tokenizer.encode(text);
  const encodeMs = performance.now() - start;
  const count = Math.min(blocks, Math.floor(ids.length / blockSize));
  const perBlock = [];
  let last = performance.now();
  const cpu = process.cpuUsage();
  const state = await prefill(engine, engine.initialState(), ids.subarray(0, count * blockSize), {
    onBlock: () => {
      perBlock.push(performance.now() - last);
      last = performance.now();
    },
  });
  const used = process.cpuUsage(cpu);
  const decoder = await engine.decoder(state, ids.subarray(0, 60));
  const written = 64;
  start = performance.now();
  const text64 = await collect(generate(decoder, { tokenizer: engine.tokenizer, maxTokens: written }));
  const decodeMs = (performance.now() - start) / Math.max(1, text64.ids.length);
  const total = perBlock.reduce((a, b) => a + b);
  results.push({
    threads,
    openMs,
    encodeMegabytesPerSecond: text.length / 1000 / encodeMs,
    tokens: count * blockSize,
    tokensPerSecond: (count * blockSize * 1000) / total,
    bestTokensPerSecond: (blockSize * 1000) / Math.min(...perBlock),
    tokensPerCpuSecond: (count * blockSize * 1e6) / (used.user + used.system),
    decodeMs,
    residentMegabytes: process.memoryUsage().rss / 1e6,
    blockMs: perBlock.map((ms) => Number(ms.toFixed(2))),
  });
  await engine.dispose();
}

const folder = join(root, 'bench/results');
await mkdir(folder, { recursive: true });
await writeFile(join(folder, 'engine.json'), `${JSON.stringify({ cpu: cpus()[0].model, results }, null, 2)}\n`);
await writeFile(join(folder, 'engine.svg'), plot(results));
for (const { blockMs, ...figures } of results) {
  const rounded = Object.entries(figures).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`);
  console.log(`${rounded.join(', ')}; slowest block ${Math.max(...blockMs)} ms`);
}

/** Milliseconds per block by its number: flat when speed does not depend on the length of the file. */
function plot(runs) {
  const [width, height, margin] = [640, 320, 40];
  const top = Math.max(...runs.flatMap((run) => run.blockMs));
  const most = Math.max(...runs.map((run) => run.blockMs.length));
  const x = (i) => margin + ((width - 2 * margin) * i) / Math.max(1, most - 1);
  const y = (ms) => height - margin - ((height - 2 * margin) * ms) / top;
  const colours = ['#1f77b4', '#ff7f0e'];
  const lines = runs.map(({ threads, blockMs }, n) => {
    const points = blockMs.map((ms, i) => `${x(i).toFixed(1)},${y(ms).toFixed(1)}`).join(' ');
    const label = `<text x="${margin + 5 + n * 110}" y="20" fill="${colours[n]}">${threads} thread${threads > 1 ? 's' : ''}</text>`;
    return `<polyline fill="none" stroke="${colours[n]}" points="${points}"/>${label}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
<path d="M${margin} ${margin}V${height - margin}H${width - margin}" fill="none" stroke="black"/>
<text x="${width / 2 - 60}" y="${height - 10}">block of the file (0 to ${most - 1})</text>
<text x="5" y="${margin - 5}">${top.toFixed(0)} ms</text>
${lines.join('\n')}
</svg>
`;
}
