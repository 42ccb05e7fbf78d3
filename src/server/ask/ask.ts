import { throwIfAborted } from '../../common';
import type { ReadingEngine } from '../../engine';
import type { FileReading, LineEmbeddings } from '../../memory';
import { cite, type Citation } from './citation';
import { SpanIndex, type IndexedFile } from './corpus';
import { factsOf, type Sentence } from './facts';
import { shippedWordVectors } from './wordVectors';
import {
  askWeights,
  confidence,
  judge,
  defaultWeights,
  rank,
  EmbeddingScorer,
  VectorScorer,
  type AskWeights,
  type Candidate,
  type SpanScorer,
} from './rank';
import { answerFromMemory, type ModelAnswer } from './modelAnswer';
import { QuestionEmbedder } from './embedding';
import { inContext, Question } from './text';

export interface Answer {
  /** Whether memory holds something about the question. If false there are no citations. */
  found: boolean;
  /** False when places share words with the question, but may well not answer it. */
  isSure: boolean;
  /** Probability that the first citation answers the question, 0 to 1. */
  probability: number;
  citations: Citation[];
  /** A short answer: each sentence occurs in the place it cites. */
  sentences: Sentence[];
  /** The model's own words, only when it is sure of them and they occur in a cited document. */
  text: string | undefined;
  /** Mean natural log probability of the tokens of `text`. */
  confidence: number | undefined;
}

/** A step on the way to an answer. */
export type AskStep =
  /** The best places so far: those from the index, then again after the model was asked. */
  | { kind: 'citations'; citations: Citation[] }
  /** The next sentence of the answer. It refers to the latest citations. */
  | { kind: 'sentence'; sentence: Sentence }
  /** The model is now asked about a document. */
  | { kind: 'recalling'; label: string };

export interface AskOptions {
  /** The previous question and the symbol it led to: this one may be a follow-up. */
  previous?: { question: string; symbol?: string | undefined } | undefined;
  /** Maximum number of citations in the answer. Default 3. */
  maxCitations?: number;
  signal?: AbortSignal | undefined;
  /** Called with each step while the answer is made. */
  report?: ((step: AskStep) => void) | undefined;
  /** Default: the vectors of the index, if it has any. */
  scorer?: SpanScorer | undefined;
  /** Embeds questions with the model that has read the files; omitted for one without an embedding. */
  questions?: QuestionEmbedder | undefined;
  /** Weights of the model. Default: those for a model without fitted ones. */
  weights?: AskWeights | undefined;
}

/** Puts a question to the model after a document. Undefined when its state is not available. */
export type AskModel = (label: string, question: string, signal?: AbortSignal) => Promise<ModelAnswer | undefined>;

/** A document that can be searched. Its state is needed only when its words look promising. */
export interface AskedDocument {
  label: string;
  /** UTF-8. */
  bytes: Uint8Array;
  /** The model's embeddings of it, if they are stored; nothing is read for them. */
  embeddings?: (() => LineEmbeddings | undefined) | undefined;
  /** Reads the document, or restores it. */
  open(): Promise<FileReading>;
}

/** Minimum mean log probability of the model's own answer: about 80 % for each token. */
const MIN_CONFIDENCE = Math.log(0.8);

/** A shorter answer occurs in every file by chance. Characters. */
const MIN_ANSWER_LENGTH = 3;

/** A citation must reach this share of the best one's score. */
const MIN_SHARE = 0.5;

/** Candidates that the model's own answer may move to the front. */
const MODEL_SPANS = 20;

/** Answers a question from documents that are not indexed yet. */
export async function askDocuments(
  engine: ReadingEngine,
  documents: readonly AskedDocument[],
  question: string,
  options: AskOptions = {},
): Promise<Answer> {
  const index = new SpanIndex(shippedWordVectors());
  for (const { label, bytes, embeddings } of documents) {
    throwIfAborted(options.signal);
    await index.set(label, label, bytes, embeddings?.());
  }
  const byLabel = new Map(documents.map((document) => [document.label, document]));
  const model: AskModel = async (label, asked, signal) =>
    answerFromMemory(engine, await byLabel.get(label)!.open(), asked, signal);
  const own = { weights: await askWeights(engine), questions: QuestionEmbedder.of(engine) };
  return askIndex(index, index.list(), question, model, { ...own, ...options });
}

/**
 * Answers a question from the index of what was read: ranks its spans, cites the best and copies a short answer from them, then lets the
 * model answer in its own words about the document of the best one. When even the best place has few of the question's words, the result
 * is `found: false`.
 *
 * @param model omitted: only places and what is copied from them, at once
 */
export async function askIndex(
  index: SpanIndex,
  files: readonly IndexedFile[],
  questionText: string,
  model: AskModel | undefined,
  options: AskOptions = {},
): Promise<Answer> {
  const question = new Question(contextual(questionText, options.previous));
  const { signal, questions, report } = options;
  // Weights that rely on the model's vectors do not apply until it has read something.
  const weights = (questions && index.table === undefined ? undefined : options.weights) ?? defaultWeights;
  const scorer = options.scorer ?? (index.embedder && new VectorScorer(index.embedder));
  const embeddingScorer = questions && index.table && new EmbeddingScorer(index.table, questions);
  const ranked = await rank(index, files, question, { signal, scorer, embeddingScorer, weights: weights.ranking });
  const probability = confidence(ranked, question, weights.confidence);
  const verdict = judge(ranked, question, probability, weights.found);
  const chosen = verdict === 'none' ? [] : choose(ranked.candidates, mostOf(question, options));
  const citations = citationsOf(index, chosen, question);
  const copied: Quoted = {
    citations,
    sentences: factsOf(chosen, citations, question, ({ file }) => index.text(file.key)),
  };
  report?.({ kind: 'citations', citations: copied.citations });
  for (const sentence of copied.sentences) report?.({ kind: 'sentence', sentence });

  // Without a likely place, the model may still remember the only file in scope better than its words suggest.
  const asked = chosen[0]?.file.key ?? (files.length === 1 ? files[0]!.key : undefined);
  const own = asked === undefined || model === undefined ? undefined : await ownWords(model, asked, question, options);
  throwIfAborted(signal);
  const confirmed = own && confirmedAnswer(index, question, ranked.candidates, chosen, copied, own);
  if (confirmed) {
    report?.({ kind: 'citations', citations: confirmed.citations });
    for (const sentence of confirmed.sentences.slice(copied.sentences.length)) report?.({ kind: 'sentence', sentence });
  }
  const answer = confirmed ?? copied;
  return {
    ...answer,
    found: answer.citations.length > 0,
    isSure: verdict === 'sure' || confirmed !== undefined,
    probability,
    text: confirmed && own.text,
    confidence: confirmed && own.meanLogProb,
  };
}

/** The question with references to the previous one resolved. */
function contextual(question: string, previous: AskOptions['previous']): string {
  if (previous === undefined) return question;
  const { code, terms } = new Question(previous.question);
  const name = code[0] ?? previous.symbol?.split('.').at(-1);
  return inContext(question, name === undefined ? terms.join(' ') : `\`${name}\``);
}

type Quoted = Pick<Answer, 'citations' | 'sentences'>;

function citationsOf(index: SpanIndex, candidates: readonly Candidate[], question: Question): Citation[] {
  return candidates.map((candidate) => cite(candidate, index.text(candidate.file.key), question));
}

/**
 * The answer with the model's own words, at the place that contains them: a cited one or, if there is none, the best candidate that
 * does.
 *
 * @returns undefined when no such place contains the words
 */
function confirmedAnswer(
  index: SpanIndex,
  question: Question,
  candidates: readonly Candidate[],
  chosen: readonly Candidate[],
  { citations, sentences }: Quoted,
  own: OwnWords,
): Quoted | undefined {
  const holders = candidates.slice(0, MODEL_SPANS).filter((candidate) => holds(index, candidate, own));
  if (chosen.length === 0) {
    const [cited] = citationsOf(index, holders.slice(0, 1), question);
    if (cited === undefined) return undefined;
    return {
      citations: [{ ...cited, foundBy: ['notes'] }],
      sentences: [{ text: own.text, kind: 'model', citation: 0 }],
    };
  }
  const at = chosen.findIndex((candidate) => holders.includes(candidate));
  if (at < 0) return undefined;
  const isNew = !sentences.some(({ text }) => text.includes(own.text));
  return {
    citations: citations.map((one, i) => (i === at ? { ...one, foundBy: ['words', 'notes'] } : one)),
    sentences: isNew ? [...sentences, { text: own.text, kind: 'model', citation: at }] : sentences,
  };
}

type OwnWords = NonNullable<ModelAnswer['answer']> & { lines: ModelAnswer['lines'] };

/** The model's answer about a document, if it is sure. */
async function ownWords(
  model: AskModel,
  label: string,
  question: Question,
  { signal, report }: AskOptions,
): Promise<OwnWords | undefined> {
  throwIfAborted(signal);
  report?.({ kind: 'recalling', label });
  const modelAnswer = await model(label, question.text, signal);
  const answer = modelAnswer?.answer;
  if (modelAnswer === undefined || answer === undefined) return undefined;
  if (answer.meanLogProb < MIN_CONFIDENCE || answer.text.length < MIN_ANSWER_LENGTH) return undefined;
  return { ...answer, lines: modelAnswer.lines };
}

/** Whether a place contains the model's words, and the model attended to it. */
function holds(index: SpanIndex, { file, span }: Candidate, { text, lines }: OwnWords): boolean {
  if (!lines.some(({ line }) => line >= span.start && line < span.end)) return false;
  const source = index.text(file.key);
  for (let line = span.start; line < span.end; line++) if (source.lineText(line).includes(text)) return true;
  return false;
}

/** Maximum number of citations: more where all of something are asked for. */
function mostOf({ beginnings }: Question, { maxCitations = 3 }: AskOptions): number {
  return beginnings.length > 0 ? Math.max(maxCitations, 8) : maxCitations;
}

/** The best candidates, as long as their scores are close to the best one. */
function choose(candidates: readonly Candidate[], most: number): Candidate[] {
  const [best] = candidates;
  if (best === undefined) return [];
  return candidates.slice(0, most).filter(({ score }) => score >= MIN_SHARE * best.score);
}
