import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeShare, wilson, type Share } from '../statistics';

/** What a question contains: a name, words of the place, a description in other words; or nothing in the project answers it. */
export type Kind = 'name' | 'words' | 'description' | 'absent';

export interface AskedQuestion {
  kind: Kind;
  question: string;
  /** Places that answer it: `path:from-to`, 1-based lines. None for an absent one. */
  places: string[];
}

/** A search result. 1-based lines. */
export interface Found {
  path: string;
  startLine: number;
  endLine: number;
}

/** Number of results that count. */
export const RECALL_AT = 3;

export function questionsOf(project: string): AskedQuestion[] {
  const file = join(__dirname, '../bench/project/questions', `${project}.json`);
  return JSON.parse(readFileSync(file, 'utf8')) as AskedQuestion[];
}

/** Whether one of the first results overlaps a place that answers the question. */
export function isRight({ places }: AskedQuestion, found: readonly Found[]): boolean {
  return found.slice(0, RECALL_AT).some(({ path, startLine, endLine }) =>
    places.some((place) => {
      const [, right, from, to] = /^(.*):(\d+)-(\d+)$/.exec(place) ?? [];
      return path === right && startLine <= Number(to) && endLine >= Number(from);
    }),
  );
}

/** Recall by kind, and over all questions that have an answer. */
export type Recalls = Partial<Record<Kind | 'all', Share>>;

export function recallsOf(questions: readonly AskedQuestion[], right: readonly boolean[]): Recalls {
  const of = (kinds: readonly Kind[]): Share => {
    const those = right.filter((_, i) => kinds.includes(questions[i]!.kind));
    return wilson(those.filter(Boolean).length, those.length);
  };
  const present = ['name', 'words', 'description'] as const;
  return { ...Object.fromEntries(present.map((kind) => [kind, of([kind])])), all: of(present) };
}

export function printRecalls(name: string, recalls: Recalls): void {
  const parts = Object.entries(recalls).map(([kind, share]) => `${kind} ${describeShare(share)}`);
  console.log(`  recall@${RECALL_AT}, ${name}: ${parts.join(', ')}`);
}
