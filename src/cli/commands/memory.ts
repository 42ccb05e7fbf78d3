import { ExitCode, errors, formatCount } from '../../common';
import { retainedTokens, type RetainedToken } from '../../memory';
import type { Command } from '../command';
import { loadNamed } from '../documents';
import { openWorkbench } from '../workbench';

const orders = ['score', 'line', 'layer'] as const;

/** `memmamba memory`: shows which tokens of a file the model kept. */
export const memory: Command = {
  name: 'memory',
  usage: 'memory FILE',
  summary: 'show the tokens that the model retained from a file, with their places',
  options: {
    top: { config: { type: 'string' }, value: 'N', help: 'show the N first only (default: all)' },
    sort: { config: { type: 'string' }, value: 'ORDER', help: 'score (highest first), line or layer (default: score)' },
  },
  async run(options, terminal) {
    const [path, ...more] = options.positionals;
    if (path === undefined || more.length > 0) throw errors.usage('`memmamba memory` needs one file.');
    const top = options.count('top');
    const sort = options.choice('sort', orders) ?? 'score';
    const bench = await openWorkbench(options, terminal);
    try {
      const { document } = await loadNamed(path, bench.maxBytes, terminal.signal);
      const reading = await bench.memory.read(document, {
        signal: terminal.signal,
        onProgress: bench.progress.update,
      });
      bench.progress.clear();
      const all = retainedTokens(reading, bench.engine.config);
      const shown = sorted(all, sort).slice(0, top ?? all.length);
      const recentTokens = Math.min(reading.tokens.length, reading.tail.length + (reading.state.recent[0]?.count ?? 0));
      const tokens = shown.map(({ place, ...token }) => ({
        ...token,
        line: place === undefined ? null : place.line + 1,
        column: place === undefined ? null : place.column + 1,
      }));
      return {
        json: { path, tokens: reading.tokens.length, retainedCount: all.length, recentTokens, retained: tokens },
        text: [
          `${path}: ${formatCount(reading.tokens.length)} tokens, ${formatCount(all.length)} notes retained; ` +
            `the last ${formatCount(recentTokens)} tokens are still in short-term memory`,
          ...(tokens.length === 0 ? [] : [`${'line:col'.padEnd(12)}${'layer'.padEnd(7)}${'score'.padEnd(9)}token`]),
          ...tokens.map(
            ({ line, column, layer, score, text }) =>
              `${(line === null ? 'file name' : `${line}:${column}`).padEnd(12)}${String(layer).padEnd(7)}` +
              `${score.toFixed(3).padEnd(9)}${JSON.stringify(text)}`,
          ),
        ].join('\n'),
        exitCode: ExitCode.ok,
      };
    } finally {
      await bench.close();
    }
  },
};

function sorted(tokens: readonly RetainedToken[], order: (typeof orders)[number]): RetainedToken[] {
  switch (order) {
    case 'line':
      return [...tokens];
    case 'layer':
      return tokens.toSorted((a, b) => a.layer - b.layer || a.position - b.position);
    case 'score':
      return tokens.toSorted((a, b) => b.score - a.score || a.position - b.position);
  }
}
