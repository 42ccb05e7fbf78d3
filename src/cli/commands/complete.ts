import { resolve } from 'node:path';
import { ExitCode, LineIndex, errors } from '../../common';
import type { Stop } from '../../engine';
import type { MemoryDocument } from '../../memory';
import { completeAt, isInsideCharacter } from '../../server';
import type { Command } from '../command';
import { loadNamed } from '../documents';
import { loadOtherFiles } from '../otherFiles';
import { openWorkbench } from '../workbench';

const stops = ['line', 'block', 'dedent', 'none'] as const;

/** `memmamba complete`: what the model would write at a position. */
export const complete: Command = {
  name: 'complete',
  usage: 'complete FILE:LINE:COL',
  summary: 'complete at a position in a file (1-based line and column, columns in UTF-16 units)',
  details:
    'Reads everything before the position, then writes several candidate lines; the text after the position also counts in choosing the best.',
  options: {
    'max-tokens': { config: { type: 'string' }, value: 'N', help: 'write at most N tokens (default: 64)' },
    with: {
      config: { type: 'string' },
      value: 'PATH',
      help: 'a folder or file whose text is used as well, like the workspace in the editor',
    },
    stop: { config: { type: 'string' }, value: 'WHERE', help: 'line, block, dedent or none (default: line)' },
  },
  async run(options, terminal) {
    const [place, ...more] = options.positionals;
    if (place === undefined || more.length > 0) throw errors.usage('`memmamba complete` needs one FILE:LINE:COL.');
    const { path, line, column } = parsePlace(place);
    const maxTokens = options.count('max-tokens');
    const stop = options.choice('stop', stops) ?? 'line';
    const bench = await openWorkbench(options, terminal);
    try {
      const { document } = await loadNamed(path, bench.maxBytes, terminal.signal);
      const offset = byteOffset(path, document, line, column);
      const others = options.text('with');
      const otherFiles = others === undefined ? undefined : await loadOtherFiles(bench, others, path, terminal.signal);
      const completion = await completeAt(bench.engine, bench.memory, document, offset, {
        signal: terminal.signal,
        onProgress: bench.progress.update,
        otherFiles,
        stop: stop === 'none' ? undefined : (stop satisfies Stop),
        ...(maxTokens !== undefined && { maxTokens }),
      });
      bench.progress.clear();
      const { candidates, ...rest } = completion;
      return {
        json: { file: resolve(path), line, column, ...rest, considered: candidates },
        text: completion.text,
        exitCode: ExitCode.ok,
      };
    } finally {
      await bench.close();
    }
  },
};

/** `a:b.ts:12:3` → the path `a:b.ts`, line 12, column 3. @throws UserError usage */
function parsePlace(place: string): { path: string; line: number; column: number } {
  const match = /^(.+):(\d+):(\d+)$/s.exec(place);
  if (!match) throw errors.usage(`"${place}" is not of the form FILE:LINE:COL, as in src/a.ts:12:3.`);
  return { path: match[1]!, line: Number(match[2]), column: Number(match[3]) };
}

/** The byte offset of a position. @throws UserError position-outside */
function byteOffset(path: string, { bytes }: MemoryDocument, line: number, column: number): number {
  const text = Buffer.from(bytes).toString('utf8');
  const lines = new LineIndex(text);
  if (line < 1 || line > lines.lineCount) {
    throw errors.positionOutside(path, line, column, `the file has ${lines.lineCount} lines`);
  }
  const offset = lines.offsetAt({ line: line - 1, column: column - 1 });
  if (offset === undefined) {
    const last = lines.lineText(line - 1).length + 1;
    throw errors.positionOutside(path, line, column, `line ${line} has columns 1 to ${last}`);
  }
  if (isInsideCharacter(text, offset)) {
    throw errors.positionOutside(path, line, column, `column ${column} is in the middle of a character`);
  }
  return Buffer.byteLength(text.slice(0, offset), 'utf8');
}
