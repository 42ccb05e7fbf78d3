import { basename } from 'node:path';
import { tokenize } from '../../src/memory';
import { spanText } from '../../src/server/ask/lexical';
import { weigh } from '../../src/server/ask/rank/signals';
import { samplesOf } from './fit';
import type { Haystack } from './needles';
import type { Tools } from './tools';

/** One text of a haystack. */
interface DumpedFile {
  /** Tokens that the model reads, starting with the file's name. */
  ids: number[];
  /** First token of each span's code, and the one after its last. */
  spans: (readonly [number, number])[];
}

interface DumpedNeedle {
  question: string;
  describes: boolean;
  /** Candidates: file, span, score without the embedding, whether it is right. */
  candidates: { file: number; span: number; other: number; right: boolean }[];
}

/** Input of `models/training/memmamba_training/evaluation/needles.py`. */
export interface DumpedHaystack {
  language: string;
  /** Weight of the embedding in the ranking, and its additional weight where a question describes something. */
  weights: { embedding: number; description: number };
  files: DumpedFile[];
  needles: DumpedNeedle[];
}

/** Texts and questions of a haystack as numbers, so that checkpoints can be judged during training, without the extension. */
export async function dump(tools: Tools, language: string, haystack: Haystack): Promise<DumpedHaystack> {
  const { ranking } = tools.asking.weights!;
  const { index, files } = haystack;
  const number = new Map(files.map(({ key }, i) => [key, i]));
  const dumped: DumpedFile[] = [];
  for (const { key, spans } of files) {
    const lines = index.text(key);
    const bytes = Buffer.from(spanText(lines, { start: 0, end: lines.lineCount }));
    const document = { label: key, basename: basename(key), bytes };
    const embeddings = await tools.embeddings(document);
    if (embeddings === undefined) throw new Error('only a model with an embedding has something to be judged by');
    dumped.push({
      ids: Array.from(tokenize(tools.engine, document).tokens),
      spans: spans.map(({ code, end }) => embeddings.tokens(code, end)),
    });
  }
  const { embedding, description } = ranking;
  const others = { ...ranking, embedding: 0, description: 0 };
  const needles = (await samplesOf(tools, 'needles', haystack)).map(({ question, ranked, right }): DumpedNeedle => ({
    question: question.text,
    describes: question.describes,
    candidates: ranked.candidates.map(({ file, span, signals }, i) => ({
      file: number.get(file.key)!,
      span: file.spans.indexOf(span),
      other: weigh(signals, others),
      right: right[i]!,
    })),
  }));
  return { language, weights: { embedding, description }, files: dumped, needles };
}
