import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lengthOf, normalize } from '../../../common';
import { FIELDS, type Field, type FileTerms } from '../lexical';
import { questionTerms } from '../text';
import { UNIT, type SpanEmbedder } from './embedder';

/**
 * As in word_vectors.py of training: extra weight of a term in the name, and the occurrences after which it stops counting.
 */
const NAME_WEIGHT = 2;
const MAX_COUNT = 4;

/** Fields whose words make up the vector. The surroundings of a definition say little about it. */
const counted: readonly Field[] = ['signature', 'docs', 'body'];

interface Table {
  /** Row of each word. */
  rows: ReadonlyMap<string, number>;
  scales: Float32Array;
  values: Int8Array;
}

/** Sums of word vectors: one table for the words of questions, one for those of code. */
export class WordVectors implements SpanEmbedder {
  private constructor(
    readonly width: number,
    private readonly questions: Table,
    private readonly code: Table,
  ) {}

  /**
   * @param folder with words.json and words.bin
   * @returns undefined when they are missing
   * @throws Error when the two files do not match
   */
  static load(folder: string): WordVectors | undefined {
    const words = join(folder, 'words.json');
    if (!existsSync(words)) return undefined;
    const { width, question, code } = JSON.parse(readFileSync(words, 'utf8')) as Record<'question' | 'code', string> & {
      width: number;
    };
    const bytes = readFileSync(join(folder, 'words.bin'));
    let at = 0;
    const table = (list: string): Table => {
      const rows = new Map(list.split(' ').map((word, row) => [word, row]));
      const end = at + rows.size * (4 + width);
      if (end > bytes.length) throw new Error(`${join(folder, 'words.bin')} is too short for ${words}`);
      // Copied, because the address must be a multiple of four.
      const scales = new Float32Array(Uint8Array.from(bytes.subarray(at, at + 4 * rows.size)).buffer);
      const values = Int8Array.from(
        new Int8Array(bytes.buffer, bytes.byteOffset + at + 4 * rows.size, rows.size * width),
      );
      at = end;
      return { rows, scales, values };
    };
    const vectors = new WordVectors(width, table(question), table(code));
    if (at !== bytes.length) throw new Error(`${join(folder, 'words.bin')} is too long for ${words}`);
    return vectors;
  }

  spans({ ids, starts, spans, counts, lengths }: FileTerms, termOf: (id: number) => string): Int8Array {
    const { width } = this;
    const fields = FIELDS.length;
    const count = lengths.length / fields;
    const sums = new Float32Array(count * width);
    const columns = counted.map((field) => FIELDS.indexOf(field));
    for (let term = 0; term < ids.length; term++) {
      const row = this.code.rows.get(termOf(ids[term]!));
      if (row === undefined) continue;
      for (let entry = starts[term]!; entry < starts[term + 1]!; entry++) {
        let found = 0;
        for (const column of columns) found += counts[entry * fields + column]!;
        const isNamed = counts[entry * fields]! > 0;
        const weight = Math.sqrt(Math.min(found, MAX_COUNT)) + (isNamed ? NAME_WEIGHT : 0);
        if (weight > 0) this.add(sums, spans[entry]! * width, this.code, row, weight);
      }
    }
    const vectors = new Int8Array(count * width);
    for (let span = 0; span < count; span++) {
      const sum = sums.subarray(span * width, (span + 1) * width);
      const norm = lengthOf(sum);
      if (norm === 0) continue;
      for (let i = 0; i < width; i++) vectors[span * width + i] = Math.round((sum[i]! / norm) * UNIT);
    }
    return vectors;
  }

  question(text: string): Float32Array {
    const sum = new Float32Array(this.width);
    for (const term of questionTerms(text)) {
      const row = this.questions.rows.get(term);
      if (row !== undefined) this.add(sum, 0, this.questions, row, 1);
    }
    normalize(sum);
    return sum;
  }

  private add(sums: Float32Array, at: number, { scales, values }: Table, row: number, weight: number): void {
    const factor = scales[row]! * weight;
    const from = row * this.width;
    for (let i = 0; i < this.width; i++) sums[at + i]! += factor * values[from + i]!;
  }
}

let shipped: WordVectors | undefined;

/**
 * The shipped vectors: next to the bundle, or in the repository when run from source.
 *
 * @returns undefined when they are missing: then spans are found by their words alone
 * @throws Error when their files are damaged
 */
export function shippedWordVectors(): WordVectors | undefined {
  for (const up of ['..', '../../../..']) {
    const folder = join(__dirname, up, 'models', 'ask-words');
    if (shipped === undefined && existsSync(folder)) shipped = WordVectors.load(folder);
  }
  return shipped;
}
