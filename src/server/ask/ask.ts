import { LineIndex, throwIfAborted } from '../../common';
import type { Engine } from '../../engine';
import type { FileReading } from '../../memory';
import { Ranking, type Citation } from './ranking';
import { recall, type Recall } from './recall';
import { TextIndex } from './textIndex';
import { Wanted } from './wanted';

export interface Answer {
  /** Whether memory holds something about the question. When false there are no citations. */
  found: boolean;
  citations: Citation[];
  /** The model's own words, only when it is sure of them and they stand in a cited document. */
  text: string | undefined;
  /** Mean natural log probability of the tokens of `text`. */
  confidence: number | undefined;
}

export interface AskOptions {
  /** Most citations in the answer. Default 3. */
  maxCitations?: number;
  signal?: AbortSignal | undefined;
  /** The best places so far: those that the words lead to at first, then again after each document that the model was asked about. */
  onCitations?: ((citations: Citation[]) => void) | undefined;
  /** The model is asked about a document now. */
  onRecall?: ((label: string) => void) | undefined;
}

/** A document that can be asked about. Its state is needed only when its words look promising. */
export interface AskedDocument {
  label: string;
  /** UTF-8. */
  bytes: Uint8Array;
  /** Reads the document, or restores what was read. */
  open(): Promise<FileReading>;
}

/** Spans that each way may propose. */
const PROPOSALS = 20;

/** Documents that are put to the model; the others are searched by words only. */
const MAX_RECALLED = 4;

/** Mean log probability above which the model's own answer counts: about 80 % sure of each token. */
const MIN_CONFIDENCE = Math.log(0.8);

/** A shorter answer stands in every file by chance. Characters. */
const MIN_ANSWER_LENGTH = 3;

/** As {@link askDocuments}, for documents that are in memory already. */
export function askReadings(
  engine: Engine,
  readings: readonly FileReading[],
  question: string,
  options: AskOptions = {},
): Promise<Answer> {
  const documents = readings.map((reading) => ({
    label: reading.label,
    bytes: reading.bytes,
    open: () => Promise.resolve(reading),
  }));
  return askDocuments(engine, documents, question, options);
}

/**
 * Answers a question from documents: the words of the question (BM25) and the notes that the model attends to when it is asked, joined
 * by reciprocal rank fusion. A place is cited only if it shares enough words with the question, or holds an answer of which the model
 * is sure; notes decide between such places. Without one, the answer is that memory holds none.
 */
export async function askDocuments(
  engine: Engine,
  documents: readonly AskedDocument[],
  question: string,
  options: AskOptions = {},
): Promise<Answer> {
  const texts = documents.map(({ bytes }) => new LineIndex(Buffer.from(bytes).toString('utf8')));
  const index = new TextIndex(texts);
  const labels = documents.map(({ label }) => label);
  const ranking = new Ranking(labels, texts, new Wanted(question), options.maxCitations ?? 3);
  const hits = index.search(question, PROPOSALS * 5);
  for (const [rank, hit] of hits.entries()) ranking.propose(hit, 'words', rank, hit.coverage);
  options.onCitations?.(ranking.citations());

  const asked = [...new Set(hits.map(({ document }) => document))].slice(0, MAX_RECALLED);
  if (asked.length === 0 && documents.length === 1) asked.push(0);
  let own: NonNullable<Recall['answer']> | undefined;
  for (const document of asked) {
    throwIfAborted(options.signal);
    const reading = await documents[document]!.open();
    options.onRecall?.(labels[document]!);
    const { lines, answer } = await recall(engine, reading, question, options.signal);
    const spans = new Set(lines.flatMap(({ line }) => index.placeOf(document, line)?.span ?? []));
    for (const [rank, span] of [...spans].slice(0, PROPOSALS).entries()) {
      ranking.propose({ document, span }, 'notes', rank, 0);
    }
    if (isSure(answer) && answer.meanLogProb > (own?.meanLogProb ?? -Infinity)) own = answer;
    options.onCitations?.(ranking.citations(own?.text));
  }

  const citations = ranking.citations(own?.text);
  const shown = own !== undefined && citations.some(({ text }) => text.includes(own.text)) ? own : undefined;
  return { found: citations.length > 0, citations, text: shown?.text, confidence: shown?.meanLogProb };
}

function isSure(answer: Recall['answer']): answer is NonNullable<Recall['answer']> {
  return answer !== undefined && answer.meanLogProb >= MIN_CONFIDENCE && answer.text.length >= MIN_ANSWER_LENGTH;
}
