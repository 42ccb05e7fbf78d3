import type { IndexedFile, SpanIndex } from '../corpus';
import { fieldTexts, MAX_TERMS, searchWords, spanText, type FieldWeights, type SpanScore } from '../lexical';
import type { Span } from '../spans';
import { termsOf, termWeight, type Question } from '../text';
import type { SpanScorer } from './scorer';

/** A candidate span with the value of each signal: about 0 (nothing) to 1. */
export interface Candidate {
  file: IndexedFile;
  span: Span;
  signals: Record<Signal, number>;
  /** Whether the question's code occurs here, if only in parts or in another spelling. */
  hasCode: boolean;
  /** Weighted sum of the signals. */
  score: number;
}

/**
 * The signals. `words`: BM25F. `coverage`: share of the question's words in the span, rare ones counting more. `named`: the same
 * for its name. `pairs`: adjacent words of the question that are adjacent here, too. `code`: share of the question's code that
 * occurs here literally. `defines`: the span defines the requested name. `uses`: it uses that name, and uses were asked for.
 * `does`: the question describes something, and the span is a function from its signature on. `meaning`: a {@link SpanScorer} of
 * word vectors. `embedding`: one of the model's embeddings. `description`: the same again where the question describes something,
 * because the embedding was trained on such sentences.
 */
export const SIGNALS = [
  'words',
  'coverage',
  'named',
  'pairs',
  'code',
  'defines',
  'uses',
  'does',
  'meaning',
  'embedding',
  'description',
] as const;

export type Signal = (typeof SIGNALS)[number];

export type SignalWeights = Record<Signal, number>;

/**
 * Found by `npm run bench -- ask --kinds fit` on packages that are neither trained on nor measured, with a model without an embedding;
 * that of `embedding` is for a model with one until its own weights are fitted.
 */
export const signalWeights: SignalWeights = {
  words: 1,
  coverage: 0,
  named: 0.3,
  pairs: 0.1,
  code: 0.1,
  defines: 0.2,
  uses: 1,
  does: 0.3,
  meaning: 0.4,
  embedding: 0.4,
  description: 0,
};

/** Names in a path that say where something is: the file and the nearest folders around it. */
const PATH_NAMES = 5;

/** Spans proposed by words; the finer signals are computed only for these. */
const PROPOSED = 80;

export interface RankOptions {
  weights?: SignalWeights;
  fields?: FieldWeights;
  /** Computes the signal `meaning`. */
  scorer?: SpanScorer | undefined;
  /** Computes the signal `embedding`; not called where that has no weight. */
  embeddingScorer?: SpanScorer | undefined;
  signal?: AbortSignal | undefined;
}

/** All candidates of a search, and how much of the question is known. */
export interface Ranked {
  /** Best first. */
  candidates: Candidate[];
  /** Share of the question's words, rare ones counting more, that occur anywhere in the searched files. */
  known: number;
}

/** Ranks the spans of some files for a question. @throws the signal's reason */
export async function rank(
  index: SpanIndex,
  files: readonly IndexedFile[],
  question: Question,
  options: RankOptions = {},
): Promise<Ranked> {
  const weights = options.weights ?? signalWeights;
  const ids = question.terms.map((term) => index.termId(term));
  const { scores, rarity } = searchWords(
    files.map(({ terms }) => terms),
    ids,
    PROPOSED,
    options.fields,
    question.terms.map(termWeight),
  );
  const counted = rarity.map((weight, i) => weight * question.shares[i]!);
  const total = counted.reduce((sum, weight) => sum + weight, 0);
  const share = (bits: number): number =>
    total === 0 ? 0 : counted.reduce((sum, weight, i) => sum + ((bits >>> i) & 1 ? weight : 0), 0) / total;
  const bitsOf = (wanted: ReadonlySet<string>): number =>
    question.terms.reduce((bits, term, i) => (i < MAX_TERMS && wanted.has(term) ? bits | (1 << i) : bits), 0);
  /** The parts of each name in the question's code: where all of them occur, it may be meant despite another spelling. */
  const codeParts = question.code.map((term) => {
    const [whole, ...parts] = termsOf(term);
    return bitsOf(new Set(parts.length > 0 ? parts : [whole!]));
  });
  /** Terms that name the file or a folder around it, as bits: "how are requests logged in the router?" */
  const inPath = ({ key }: IndexedFile): number =>
    bitsOf(new Set(termsOf(key.split(/[\\/]/).slice(-PATH_NAMES).join(' '))));
  const everywhere = scores.reduce((bits, { terms }) => bits | terms, 0);

  const byWords = new Map<string, SpanScore>();
  for (const score of scores) byWords.set(`${score.file}:${score.span}`, score);
  const places: { file: number; span: number }[] = [...scores];
  const numbers = new Map(files.map((file, i) => [file, i]));
  const proposed = new Set(byWords.keys());
  const scorers = { meaning: options.scorer, embedding: usesEmbedding(weights) ? options.embeddingScorer : undefined };
  for (const scorer of Object.values(scorers)) {
    for (const { file, span } of (await scorer?.search(question.text, files, PROPOSED, options.signal)) ?? []) {
      const number = numbers.get(file);
      if (number === undefined || proposed.has(`${number}:${span}`)) continue;
      proposed.add(`${number}:${span}`);
      places.push({ file: number, span });
    }
  }
  options.signal?.throwIfAborted();
  const placed = places.map(({ file, span }) => ({ file: files[file]!, span }));
  const meaning = await scorers.meaning?.score(question.text, placed, options.signal);
  const embedding = await scorers.embedding?.score(question.text, placed, options.signal);
  const candidates = places.map((place, i): Candidate => {
    const file = files[place.file]!;
    const span = file.spans[place.span]!;
    const words = byWords.get(`${place.file}:${place.span}`);
    const lines = index.text(file.key);
    const text = spanText(lines, span);
    const code = question.codeIn(text);
    const defines = definesAsked(question, span, (line) => lines.lineText(line));
    const signals: Record<Signal, number> = {
      words: words?.score ?? 0,
      coverage: share((words?.terms ?? 0) | inPath(file)),
      named: share(words?.named ?? 0),
      pairs: question.pairsIn(termsOf(fieldTexts(lines, span).join('\n'))),
      code,
      defines: question.wantsUses ? 0 : defines,
      uses: question.wantsUses && code > 0 && defines === 0 ? 1 : 0,
      does: question.describes && span.kind === 'function' && span.code < span.signatureEnd ? 1 : 0,
      meaning: meaning?.[i] ?? 0,
      embedding: embedding?.[i] ?? 0,
      description: question.describes ? (embedding?.[i] ?? 0) : 0,
    };
    const bits = (words?.terms ?? 0) | inPath(file);
    const hasCode = code > 0 || codeParts.some((parts) => parts !== 0 && (bits & parts) === parts);
    return { file, span, signals, hasCode, score: weigh(signals, weights) };
  });
  if (embedding) fillIn(candidates, weights);
  candidates.sort((a, b) => b.score - a.score || b.signals.words - a.signals.words);
  return { candidates, known: share(everywhere | candidates.reduce((bits, { file }) => bits | inPath(file), 0)) };
}

function usesEmbedding({ embedding, description }: SignalWeights): boolean {
  return embedding !== 0 || description !== 0;
}

export function weigh(signals: Record<Signal, number>, weights: SignalWeights): number {
  let sum = 0;
  for (const name of SIGNALS) sum += signals[name] * weights[name];
  return sum;
}

/**
 * Files that the model has not read have no embedding. So that they do not all rank after those it has read, the first of them by
 * words is assumed to be as close to the question as the closest that was read, the second as the second, and so on.
 */
function fillIn(candidates: readonly Candidate[], weights: SignalWeights): void {
  const unread = candidates.filter(({ file }) => file.rows === undefined).sort((a, b) => b.score - a.score);
  const known = candidates.filter(({ file }) => file.rows !== undefined).map(({ signals }) => signals);
  if (unread.length === 0 || known.length === 0) return;
  for (const signal of ['embedding', 'description'] as const) {
    const values = known.map((signals) => signals[signal]).sort((a, b) => b - a);
    for (const [i, { signals }] of unread.entries()) signals[signal] = values[i] ?? values.at(-1)!;
  }
  for (const candidate of unread) candidate.score = weigh(candidate.signals, weights);
}

/**
 * Whether a span defines what the question names, or contains a line that does (a constant, a member): 1. Where a value is asked for, 3 for
 * a place that gives it, and less than 1 for others.
 */
function definesAsked(question: Question, span: Span, text: (line: number) => string): number {
  const { declares, isValue } = question.bestLine(text, span.start, span.end);
  const full = !question.wantsValue ? 1 : isValue ? 3 : 0.5;
  if (span.kind !== 'lines') {
    // A later part of a long function has its name, but not its definition.
    if (span.code < span.signatureEnd && question.isNamed(span.name)) return full;
    if (span.kind === 'function') return isValue ? full : 0;
  }
  return declares ? full : 0;
}
