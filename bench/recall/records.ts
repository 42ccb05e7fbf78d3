import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Family, Kind } from './facts';

/** Which model, on what, in which run: equal for all cases of one file. */
interface Origin {
  /** First digits of `engine.modelId`. */
  model: string;
  provider: string;
}

/** One question and what came of it. */
export interface CaseRecord extends Origin {
  type: 'case';
  plan: string;
  /** Number of the question after the document. */
  item: number;
  mode: 'single' | 'packed';
  length: number;
  kind: Kind;
  /** Dress of the definition; null for absent names. */
  defined: Family | null;
  asked: Family;
  /** `code`: the value is to be written where the name is used; `question`: it is asked for. */
  form: 'code' | 'question';
  /** 0..1; null for absent names. */
  depth: number | null;
  /** null for absent names: `<|none|>` is expected. */
  expected: string | null;
  got: string;
  right: boolean;
}

/** One document that was read. */
export interface DocumentRecord extends Origin {
  type: 'document';
  plan: string;
  length: number;
  /** Tokens that had to be read: what lies before the first fact is shared with other documents. */
  tokensRead: number;
  seconds: number;
  /** Median milliseconds per token of the last blocks of this document. */
  millisecondsPerToken: number | null;
  /** Bytes of the state after it. */
  stateBytes: number;
  /** Resident memory of the whole process, with corpus and kept states. */
  residentBytes: number;
}

/** The same block read after documents of several lengths in turn, so that a busy machine slows all of them alike. */
export interface PaceRecord extends Origin {
  type: 'pace';
  /** Median milliseconds per token by length. */
  millisecondsPerToken: Record<string, number>;
  rounds: number;
}

export type BenchRecord = CaseRecord | DocumentRecord | PaceRecord;

/** Adds records to a file of JSON lines, at once on disk: a cut run loses nothing that it has measured. */
export function append(file: string, records: readonly BenchRecord[]): void {
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
}

/** The records of several files; of those of the same case the first one counts. A line that was cut off is left out. */
export function readRecords(files: readonly string[]): BenchRecord[] {
  const records = new Map<string, BenchRecord>();
  for (const file of files) {
    if (!existsSync(file)) continue;
    for (const [number, line] of readFileSync(file, 'utf8').split('\n').entries()) {
      if (!line.endsWith('}')) continue;
      const record = JSON.parse(line) as BenchRecord;
      const { type, model, provider } = record;
      const key =
        type === 'case'
          ? [record.plan, record.item, record.form]
          : type === 'document'
            ? [record.plan]
            : [file, number];
      const name = JSON.stringify([type, model, provider, ...key]);
      if (!records.has(name)) records.set(name, record);
    }
  }
  return [...records.values()];
}
