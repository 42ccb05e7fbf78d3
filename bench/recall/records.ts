import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Family, Kind } from './facts';

/** Model, provider and run: equal for all cases of one file. */
interface Origin {
  /** First digits of `engine.modelId`. */
  model: string;
  provider: string;
}

/** One question and its result. */
export interface CaseRecord extends Origin {
  type: 'case';
  plan: string;
  /** Number of the question after the document. */
  item: number;
  mode: 'single' | 'packed';
  length: number;
  kind: Kind;
  /** Template family of the definition; null for absent names. */
  defined: Family | null;
  asked: Family;
  /** `code`: the value is to be written where the name is used; `question`: the value is asked for. */
  form: 'code' | 'question';
  /** 0..1; null for absent names. */
  depth: number | null;
  /** null for absent names: `<|none|>` is expected. */
  expected: string | null;
  got: string;
  right: boolean;
}

/** One document. */
export interface DocumentRecord extends Origin {
  type: 'document';
  plan: string;
  length: number;
  /** Number of tokens read: what precedes the first fact is shared with other documents. */
  tokensRead: number;
  seconds: number;
  /** Median milliseconds per token of the last blocks of this document. */
  millisecondsPerToken: number | null;
  /** Size of the state after it, in bytes. */
  stateBytes: number;
  /** Resident memory of the whole process, including corpus and cached states. */
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

/** Appends records to a file of JSON lines and flushes them: an interrupted run loses no measurement. */
export function append(file: string, records: readonly BenchRecord[]): void {
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
}

/** The records of several files; the first one of each case counts. A truncated line is left out. */
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
