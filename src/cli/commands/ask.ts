import { ExitCode, errors, visibleLine } from '../../common';
import { tokenize, type FileReading, type LineEmbeddings, type Skipped, type TokenizedDocument } from '../../memory';
import { askDocuments, type Answer, type AskedDocument } from '../../server';
import type { Command } from '../command';
import { listFiles, loadFile } from '../documents';
import type { Options } from '../options';
import type { Terminal } from '../terminal';
import { openWorkbench, type Workbench } from '../workbench';

/** `memmamba ask`: answers from memory, with places. */
export const ask: Command = {
  name: 'ask',
  usage: 'ask PATH "QUESTION"',
  summary: 'answer a question about a file or folder, with file:line citations',
  details:
    'All files are searched; those that look promising are read first if they are not in memory yet. The output starts with a short answer if there is one, each sentence with the place it was copied from; then the cited lines. When memory holds nothing about the question, it says so and exits with 1.',
  options: {
    top: { config: { type: 'string' }, value: 'N', help: 'show at most N citations (default: 3)' },
  },
  async run(options, terminal) {
    const [path, question, ...more] = options.positionals;
    if (path === undefined || question === undefined || question.trim() === '' || more.length > 0) {
      throw errors.usage('`memmamba ask` needs a path and one question; put the question in quotes.');
    }
    const maxCitations = options.count('top');
    const bench = await openWorkbench(options, terminal);
    try {
      const { documents, skipped, shown } = await gather(path, bench, terminal);
      if (documents.length === 0) throw errors.nothingToRead([path]);
      const answer = await askDocuments(bench.engine, documents, question, {
        signal: terminal.signal,
        ...(maxCitations !== undefined && { maxCitations }),
      });
      const citations = answer.citations.map((citation) => ({
        ...citation,
        file: shown.get(citation.label) ?? citation.label,
      }));
      return {
        json: { question, ...answer, citations, files: documents.length, skipped },
        text: textOf({ ...answer, citations }, options),
        exitCode: answer.found ? ExitCode.ok : ExitCode.failure,
      };
    } finally {
      await bench.close();
    }
  },
};

/** The files at a path. The model reads each one only when its words make it a candidate. */
async function gather(
  path: string,
  bench: Workbench,
  terminal: Terminal,
): Promise<{ documents: AskedDocument[]; skipped: Skipped[]; shown: Map<string, string> }> {
  const { files, skipped } = await listFiles([path], terminal.signal);
  const documents: AskedDocument[] = [];
  const shown = new Map<string, string>();
  for (const file of files) {
    const loaded = await loadFile(file, bench.maxBytes, terminal.signal);
    if ('skipped' in loaded) {
      skipped.push(loaded.skipped);
      continue;
    }
    const { document } = loaded;
    shown.set(file.label, file.path);
    // Tokenized once, on first use.
    let tokenized: TokenizedDocument | undefined;
    const whole = (): TokenizedDocument => (tokenized ??= tokenize(bench.engine, document));
    const open = async (): Promise<FileReading> => {
      const reading = await bench.memory.read(whole(), {
        signal: terminal.signal,
        onProgress: bench.progress.update,
      });
      bench.progress.clear();
      return reading;
    };
    const embeddings = (): LineEmbeddings | undefined => bench.memory.embeddings(whole());
    const hasEmbedding = bench.engine.config.embeddingWidth > 0;
    documents.push({ label: document.label, bytes: document.bytes, ...(hasEmbedding && { embeddings }), open });
  }
  return { documents, skipped, shown };
}

function textOf(answer: Answer & { citations: { file: string }[] }, options: Options): string {
  if (!answer.found) return 'not found in memory';
  const place = ({ file, line }: { file: string; line: number }): string => visibleLine(`${file}:${line}`);
  const parts = answer.sentences.map(({ text, citation }) => `${text}  [${place(answer.citations[citation]!)}]`);
  if (parts.length > 0) parts.push('');
  for (const citation of answer.citations) {
    const { line, startLine, text, foundBy } = citation;
    parts.push(`${place(citation)}${options.flag('verbose') ? `  (found by ${foundBy.join(' and ')})` : ''}`);
    for (const [i, content] of text.split('\n').entries()) {
      const number = startLine + i;
      parts.push(`${number === line ? '>' : ' '} ${String(number).padStart(6)}  ${visibleLine(content)}`);
    }
    parts.push('');
  }
  return parts.join('\n').trimEnd();
}
