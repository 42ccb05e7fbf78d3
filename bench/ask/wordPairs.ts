// Writes the training data of `memmamba-word-vectors`: the words of documentation and of its code, from the packages of the
// training corpus. `node dist/wordPairs.js --out FILE --megabytes N CORPUS.jsonl.xz...`; no such file contains held-out packages.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { parseArgs } from 'node:util';
import { questionTerms, termsOf } from '../../src/server/ask/text/terms';
import { languageOf } from '../../src/server/grammar';
import { describedFunctions, withoutLines, type SourceFile } from './source';

interface CorpusRecord {
  package: string;
  language: string;
  files: { path: string; text: string }[];
}

/** Maximum number of pairs from one package, so that none dominates. */
const MAX_PER_PACKAGE = 600;

/**
 * Lines end only at `
 * `: node:readline would also split at U+2028, which JSON may contain.
 */
async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  for await (const chunk of stream) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, end));
      yield Buffer.concat(parts).toString('utf8');
      parts = [];
      from = end + 1;
    }
    parts.push(chunk.subarray(from));
  }
  if (parts.some(({ length }) => length > 0)) yield Buffer.concat(parts).toString('utf8');
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { out: { type: 'string' }, megabytes: { type: 'string', default: '60' } },
  });
  if (values.out === undefined || positionals.length === 0) throw new Error('give --out FILE and corpus files');
  const limit = Number(values.megabytes) * 1e6;
  const out = createWriteStream(values.out);
  const bytes = new Map<string, number>();
  let pairs = 0;
  for (const corpus of positionals) {
    const xz = spawn('xz', ['-dc', corpus], { stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const line of linesOf(xz.stdout)) {
      const record = JSON.parse(line) as CorpusRecord;
      const used = bytes.get(record.language) ?? 0;
      if (used > (limit * (positionals.indexOf(corpus) + 1)) / positionals.length) continue;
      let left = MAX_PER_PACKAGE;
      let size = 0;
      for (const { path, text } of record.files) {
        if (left <= 0) break;
        if (languageOf(path) === undefined || text.length > 300_000 || /\.d\.[cm]?ts$|(^|\/)tests?\//.test(path))
          continue;
        size += text.length;
        const file = { path, text } as SourceFile;
        for (const { description, masked, name, start, end, documentation } of await describedFunctions(file)) {
          if (left-- <= 0) break;
          const { text: code, lineOf } = withoutLines(text, documentation);
          const body = code.split('\n').slice(lineOf(start), lineOf(end)).join('\n');
          const pair = [questionTerms(masked), questionTerms(description), termsOf(name), termsOf(body).slice(0, 400)];
          if (!out.write(`${JSON.stringify(pair.map((terms) => terms.join(' ')))}\n`)) {
            await once(out, 'drain');
          }
          pairs++;
        }
      }
      bytes.set(record.language, used + size);
    }
    console.log(corpus, pairs, JSON.stringify(Object.fromEntries(bytes)));
  }
  out.end();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
