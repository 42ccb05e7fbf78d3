import { writeFile } from 'node:fs/promises';
import {
  ExitCode,
  errors,
  formatCount,
  isMeasured,
  visibleLine,
  type FidelityReport,
  type HorizontalFidelity,
} from '../../common';
import { englishLabels, worthInWords } from '../../common/charts';
import { measureFidelity } from '../../engine';
import type { FileReading } from '../../memory';
import type { MemoryViewModel } from '../../protocol';
import { memoryViewModel } from '../../server';
import type { Command } from '../command';
import { loadNamed } from '../documents';
import { memoryPage } from '../memoryPage';
import type { Options } from '../options';
import { evictedNotes, notesOf, type EvictedNote, type RetainedNote } from '../retainedNotes';
import type { Terminal } from '../terminal';
import { openWorkbench, type Workbench } from '../workbench';

const orders = ['score', 'line', 'layer'] as const;

/** `memmamba memory`: shows which tokens of a file the model kept, and how much of the rest survives. */
export const memory: Command = {
  name: 'memory',
  usage: 'memory FILE',
  summary: 'show the tokens of a file that the model retained, with their locations',
  details:
    '--html writes the same as the memory panel shows, as one page that needs nothing else. --fidelity measures how much of the\n' +
    'text survives to its end (seconds; definitions in src/engine/fidelity/README.md), and how well each metric predicts recall.',
  options: {
    top: { config: { type: 'string' }, value: 'N', help: 'show only the first N (default: all)' },
    sort: { config: { type: 'string' }, value: 'ORDER', help: 'score (highest first), line or layer (default: score)' },
    html: { config: { type: 'string' }, value: 'FILE', help: 'write an HTML page that shows the memory' },
    fidelity: { config: { type: 'boolean' }, help: 'measure how much of the text survives' },
    samples: { config: { type: 'string' }, value: 'N', help: 'tokens to sample for --fidelity (default: 192)' },
    seed: { config: { type: 'string' }, value: 'N', help: 'random seed of the sample (default: 1)' },
  },
  async run(options, terminal) {
    const [path, ...more] = options.positionals;
    if (path === undefined || more.length > 0) throw errors.usage('`memmamba memory` needs one file.');
    const top = options.count('top');
    const sort = options.choice('sort', orders) ?? 'score';
    const html = options.text('html');
    const bench = await openWorkbench(options, terminal);
    try {
      const { document } = await loadNamed(path, bench.maxBytes, terminal.signal);
      const reading = await bench.memory.read(document, {
        signal: terminal.signal,
        onProgress: bench.progress.update,
      });
      const fidelity = options.flag('fidelity') ? await measure(bench, reading, options, terminal) : undefined;
      bench.progress.clear();
      const viewModel = memoryViewModel(reading, bench.engine.config, undefined, undefined);
      const all = notesOf(viewModel.notes, viewModel);
      const lost =
        html === undefined ? undefined : await evictedNotes(reading, viewModel, bench.engine.config, terminal.signal);
      if (html !== undefined) {
        const model = modelInWords(bench);
        await write(html, memoryPage({ path, viewModel, pools: pools(viewModel, all), lost: lost!, fidelity, model }));
      }
      const shown = sorted(all, sort).slice(0, top ?? all.length);
      const { tokens, recentFrom } = viewModel;
      return {
        json: {
          path,
          tokens,
          bytes: viewModel.bytes,
          lines: viewModel.lines,
          retainedCount: all.length,
          recentTokens: tokens - recentFrom,
          recentFrom,
          stateBytes: viewModel.stateBytes,
          checkpoints: viewModel.checkpoints,
          layers: viewModel.layers,
          poolSize: viewModel.poolSize,
          archiveSize: viewModel.archiveSize,
          evictedCounts: viewModel.evicted.count,
          retained: shown.map((note) => inJson(note, tokens)),
          ...(fidelity && { fidelity }),
          ...(lost && { html, evicted: lost.map(evictedInJson) }),
        },
        text: [
          `${visibleLine(path)}: ${formatCount(tokens)} tokens, ${formatCount(all.length)} notes retained${archivedInWords(all)}; ` +
            `the last ${formatCount(tokens - recentFrom)} tokens are still in short-term memory`,
          ...(fidelity ? fidelityLines(fidelity) : []),
          // The page contains the list.
          ...(html === undefined ? list(shown) : [`wrote ${visibleLine(html)}`]),
        ].join('\n'),
        exitCode: ExitCode.ok,
      };
    } finally {
      await bench.close();
    }
  },
};

function measure(
  bench: Workbench,
  reading: FileReading,
  options: Options,
  terminal: Terminal,
): Promise<FidelityReport> {
  const samples = options.count('samples');
  const seed = options.count('seed');
  return measureFidelity(bench.engine, reading, {
    ...(samples !== undefined && { samples }),
    ...(seed !== undefined && { seed }),
    signal: terminal.signal,
    onProgress: (done, total) => bench.progress.announce(`measuring fidelity: ${done} of ${total} steps`),
  });
}

/** Per layer, the most important note first. */
function pools({ layers }: MemoryViewModel, notes: readonly RetainedNote[]): RetainedNote[][] {
  return layers.map((layer) =>
    sorted(
      notes.filter((note) => note.layer === layer),
      'score',
    ),
  );
}

function inJson({ layer, slot, in: where, position, score, text, line, column }: RetainedNote, tokens: number): object {
  const place = { line: line === undefined ? null : line + 1, column: column === undefined ? null : column + 1 };
  return { position, layer, in: where, slot, score, age: tokens - position, text, ...place };
}

function evictedInJson({ layer, in: where, position, score, until, text, line, column }: EvictedNote): object {
  const place = { line: line === undefined ? null : line + 1, column: column === undefined ? null : column + 1 };
  return { position, layer, score, in: where, text, until, ...place };
}

function archivedInWords(all: readonly RetainedNote[]): string {
  const count = all.filter((note) => note.in === 'archive').length;
  return count === 0 ? '' : ` (${formatCount(count)} of them in the archive, which reading does not use)`;
}

function list(shown: readonly RetainedNote[]): string[] {
  if (shown.length === 0) return [];
  return [
    `${'line:col'.padEnd(12)}${'layer'.padEnd(7)}${'score'.padEnd(9)}token`,
    ...shown.map(
      ({ line, column = 0, layer, score, text, in: where }) =>
        `${(line === undefined ? 'file name' : `${line + 1}:${column + 1}`).padEnd(12)}${String(layer).padEnd(7)}` +
        `${score.toFixed(3).padEnd(9)}${JSON.stringify(text)}${where === 'archive' ? ' (archive)' : ''}`,
    ),
  ];
}

function fidelityLines({ representational, functional, vertical, worth, curve }: FidelityReport): string[] {
  const { metric, gap } = englishLabels;
  const horizontal = (name: 'representational' | 'functional', figure: HorizontalFidelity): string => {
    const { mean, low, high, count } = figure.score;
    const range = `${mean.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)}, ${count} tokens)`;
    return `${metric[name]}: ${range}; with memory ${figure.withMemory.toFixed(3)}, with none ${figure.withNothing.toFixed(3)}`;
  };
  const lines = [
    isMeasured(representational)
      ? horizontal('representational', representational)
      : `${metric.representational}: ${gap[representational.absent]}`,
    `  ${worthInWords(worth.representational)}`,
    isMeasured(functional) ? horizontal('functional', functional) : `${metric.functional}: ${gap[functional.absent]}`,
    `  ${worthInWords(worth.functional)}`,
  ];
  if (!isMeasured(vertical)) {
    lines.push(`${metric.vertical}: ${gap[vertical.absent]}`);
  } else {
    for (const { from, to, cka, probe } of vertical.pairs) {
      const rest = isMeasured(probe)
        ? `at least ${(100 * probe.share).toFixed(0)} % of the information (${probe.bits.toFixed(1)} bits per token)`
        : gap[probe.absent];
      lines.push(`${metric.vertical} ${from} to ${to}: CKA ${cka.toFixed(3)}, ${rest}`);
    }
  }
  lines.push(`  ${worthInWords(worth.vertical)}`);
  for (const { from, to, representational: a, functional: b, held, count } of curve) {
    const range = `${formatCount(from)}-${formatCount(to - 1)}`;
    lines.push(
      `  ${range.padEnd(20)} before the end: ETMF-a ${a ? a.mean.toFixed(2) : '-'}, ETMF-b ${b.mean.toFixed(2)}, ` +
        `held ${(100 * held).toFixed(0)} % of ${count}`,
    );
  }
  return lines;
}

function modelInWords({ engine }: Workbench): string {
  return `model ${engine.modelId.slice(0, 12)} on ${engine.report.provider}`;
}

/** @throws UserError output-not-writable */
async function write(path: string, content: string): Promise<void> {
  try {
    await writeFile(path, content);
  } catch (error) {
    throw errors.outputNotWritable(path, error);
  }
}

function sorted(tokens: readonly RetainedNote[], order: (typeof orders)[number]): RetainedNote[] {
  switch (order) {
    case 'line':
      return [...tokens];
    case 'layer':
      return tokens.toSorted((a, b) => a.layer - b.layer || a.position - b.position);
    case 'score':
      return tokens.toSorted((a, b) => b.score - a.score || a.position - b.position);
  }
}
