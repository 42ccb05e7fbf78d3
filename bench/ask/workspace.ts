import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { LineEmbeddings, tokenize } from '../../src/memory';
import { pieceStarts } from '../../src/memory/embedding/pieces';
import { seededRandom } from '../../src/engine/random';
import type { SpanIndex } from '../../src/server/ask';
import { askIndex } from '../../src/server/ask';
import { TopSpans } from '../../src/server/ask/rank/topSpans';
import { VectorTable, type Rows } from '../../src/server/ask/embedding';
import { folderOf } from './fetch';
import { makeHaystack } from './needles';
import type { Package } from './packages';
import { filesBelow, sourceFiles } from './source';
import { quantile, shuffled } from './statistics';
import type { Tools } from './tools';

const WORKSPACE_FILES = 2000;

/** Vector length for measuring time, where the model has no embedding. */
const WIDTH = 128;

const MILLION = 1_000_000;
const SPANS_PER_FILE = 50;
const LIMIT = 80;

/**
 * Time to the first citation in a workspace of 2,000 indexed files, and the size of the index. The vectors of spans are random (reading
 * would take an hour, and time does not depend on the numbers); those of questions are the model's.
 */
export async function workspaceTimes(tools: Tools, packages: readonly Package[]): Promise<object> {
  const paths = packages.flatMap((one) => filesBelow(folderOf(one)));
  const sources = shuffled(
    paths.filter((path) => /\.(ts|tsx|js|py|go|rs|java|md|json|toml)$/.test(path) && !path.includes('.min.')),
    2,
  );
  const index = tools.newIndex();
  let bytes = 0;
  let seconds = 0;
  for (const path of sources) {
    if (index.list().length >= WORKSPACE_FILES) break;
    const content = readFileSync(path);
    if (content.length > 400_000 || content.length === 0) continue;
    const embeddings = chanceEmbeddings(tools, path, content);
    const started = performance.now();
    await index.set(path, path, content, embeddings);
    seconds += (performance.now() - started) / 1000;
    bytes += content.length;
  }
  const files = index.list();
  const rust = packages.filter(({ language }) => language === 'rust');
  const withoutModel = Object.assign(Object.create(tools) as Tools, {
    add: (target: SpanIndex, key: string, path: string, text: string) => target.set(key, path, Buffer.from(text)),
  });
  const some = shuffled(sourceFiles(rust, 'rust'), 5).slice(0, 20);
  const { needles } = await makeHaystack(withoutModel, some, 100, 6);
  const times: number[] = [];
  const again: number[] = [];
  for (const list of [times, again]) {
    for (const { question } of needles) {
      const started = performance.now();
      await askIndex(index, files, question, undefined, tools.asking);
      list.push(performance.now() - started);
    }
  }
  const summary = (list: readonly number[]): object => ({ p50: quantile(list, 0.5), p95: quantile(list, 0.95) });
  return {
    files: files.length,
    spans: files.reduce((sum, { spans }) => sum + spans.length, 0),
    megabytesOfText: bytes / 1e6,
    megabytesOfIndex: index.bytes / 1e6,
    megabytesOfVectors: (index.table?.bytes ?? 0) / 1e6,
    secondsToIndex: seconds,
    firstCitationMilliseconds: { ...summary(times), questions: times.length },
    askedAgainMilliseconds: summary(again),
  };
}

function chanceEmbeddings({ engine }: Tools, path: string, bytes: Uint8Array): LineEmbeddings | undefined {
  const { blockSize, embeddingWidth: width } = engine.config;
  if (width === 0) return undefined;
  const { tokens, headerTokens, offsets } = tokenize(engine, { basename: basename(path), bytes });
  const starts = pieceStarts(engine.tokenizer, tokens, blockSize);
  const vectors = { values: chanceValues(starts.length * width), scales: new Float32Array(starts.length).fill(0.01) };
  return new LineEmbeddings(width, starts, vectors, offsets, headerTokens);
}

const random = seededRandom(3);

function chanceValues(count: number): Int8Array {
  return Int8Array.from({ length: count }, () => Math.round(254 * random() - 127));
}

/** Time to find the best of a million spans by their vectors, and the memory for these. */
export function searchTimes({ engine }: Tools): object {
  const width = engine.config.embeddingWidth || WIDTH;
  const table = new VectorTable(width);
  const scales = new Float32Array(SPANS_PER_FILE).fill(0.005);
  const files: Rows[] = [];
  const values = chanceValues(997 * width);
  for (let i = 0; i < MILLION / SPANS_PER_FILE; i++) {
    const from = (i * 37) % (997 - SPANS_PER_FILE);
    files.push(table.add({ values: values.subarray(from * width, (from + SPANS_PER_FILE) * width), scales }));
  }
  const times: number[] = [];
  for (let round = 0; round < 40; round++) {
    const query = Float32Array.from({ length: width }, () => random() - 0.5);
    const started = performance.now();
    const best = new TopSpans<number>(LIMIT);
    table.compare(query, files, (file, scores) => best.offerAll(file, scores));
    best.list();
    times.push(performance.now() - started);
  }
  return {
    spans: MILLION,
    files: files.length,
    width,
    milliseconds: { p50: quantile(times, 0.5), p95: quantile(times, 0.95) },
    megabytes: table.bytes / 1e6,
    bytesPerSpan: table.bytes / MILLION,
  };
}
