import { basename } from 'node:path';
import { tokenize, type MemoryDocument } from '../../../src/memory';
import type { SpanIndex } from '../../../src/server/ask';
import { Question } from '../../../src/server/ask/question';
import { rank } from '../../../src/server/ask/signals';
import type { Haystack } from './needles';
import type { Tools } from './tools';

/** One text of a haystack. */
interface DumpedFile {
  /** Tokens that the model reads, from the file's name on. */
  ids: number[];
  /** First token of each span's code, and the one behind its last. */
  spans: (readonly [number, number])[];
}

interface DumpedNeedle {
  /** Tokens, the mark of a question first. */
  ids: number[];
  whole: boolean;
  describes: boolean;
  /** Candidates: file, span, score without the embedding, whether it is right. */
  candidates: { file: number; span: number; other: number; right: boolean }[];
}

/** What `models/training/needles.py` reads. */
export interface DumpedHaystack {
  language: string;
  /** What the embedding counts in the ranking, and once more where a question describes something. */
  weights: { embedding: number; description: number };
  files: DumpedFile[];
  needles: DumpedNeedle[];
}

/** Texts and questions of a haystack as numbers, so that checkpoints are judged while they are trained, where no extension is. */
export async function dump(tools: Tools, language: string, haystack: Haystack): Promise<DumpedHaystack> {
  const { tokenizer } = tools;
  const { ranking } = tools.asking.weights!;
  const { index, files, needles, unitOf } = haystack;
  const number = new Map(files.map(({ key }, i) => [key, i]));
  const dumped: DumpedFile[] = [];
  for (const { key, spans } of files) {
    const document = documentOf(index, key);
    const embeddings = await tools.embeddings(document);
    if (embeddings === undefined) throw new Error('only a model with an embedding has something to be judged by');
    dumped.push({
      ids: Array.from(tokenize(tools.engine, document).tokens),
      spans: spans.map(({ code, end }) => embeddings.tokens(code, end)),
    });
  }
  const asked: DumpedNeedle[] = [];
  for (const { question, right, isWhole } of needles) {
    const about = new Question(question);
    const { candidates } = await rank(index, files, about, { ...tools.scorers(index), weights: ranking });
    asked.push({
      ids: [tokenizer.special('<|question|>'), ...tokenizer.encode(Buffer.from(question))],
      whole: isWhole === true,
      describes: about.describes,
      candidates: candidates.map(({ file, span, score, signals }) => {
        const at = file.spans.indexOf(span);
        return {
          file: number.get(file.key)!,
          span: at,
          other: score - ranking.embedding * signals.embedding - ranking.description * signals.description,
          right: right.has(unitOf(file, at)),
        };
      }),
    });
  }
  const { embedding, description } = ranking;
  return { language, weights: { embedding, description }, files: dumped, needles: asked };
}

function documentOf(index: SpanIndex, key: string): MemoryDocument {
  const lines = index.text(key);
  const text = Array.from({ length: lines.lineCount }, (_, line) => lines.lineText(line)).join('\n');
  return { label: key, basename: basename(key), bytes: Buffer.from(text) };
}
