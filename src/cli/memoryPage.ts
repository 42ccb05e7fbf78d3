import { createHash } from 'node:crypto';
import { formatBytes, formatCount, version, type FidelityReport } from '../common';
import {
  curveTable,
  el,
  fidelityCurve,
  fidelitySummary,
  figures,
  heatStrip,
  chartStyle,
  poolTable,
  toMarkup,
  visible,
  type Markup,
  type ChartNote,
} from '../common/charts';
import type { MemoryViewModel } from '../protocol';
import type { EvictedNote } from './retainedNotes';

/** Contents of the page. */
export interface PageSubject {
  /** As the user named the file. */
  readonly path: string;
  readonly viewModel: MemoryViewModel;
  /** Notes per layer, the most important first. */
  readonly pools: readonly (readonly ChartNote[])[];
  /** Evicted notes, the most important first. */
  readonly lost: readonly EvictedNote[];
  /** Absent when it was not requested. */
  readonly fidelity?: FidelityReport | undefined;
  /** Model and provider, as text. */
  readonly model: string;
}

/** Maximum number of evicted notes listed. */
const LISTED_EVICTED = 500;

/** Maximum number of tokens listed for a cell of the map. */
const NAMED_TOKENS = 12;

const style = `
:root { color-scheme: light dark; --mm-text: #1f2328; --mm-back: #ffffff; --mm-muted: #59636e; --mm-line: #d1d9e0; --mm-surface: #f6f8fa;
  --mm-layer-0: #0969da; --mm-layer-1: #8250df; --mm-layer-2: #bc4c00; --mm-layer-3: #1a7f37; --mm-layer-4: #bf3989; --mm-a: #0969da; --mm-b: #bc4c00; }
@media (prefers-color-scheme: dark) { :root { --mm-text: #f0f6fc; --mm-back: #0d1117; --mm-muted: #9198a1; --mm-line: #3d444d; --mm-surface: #151b23;
  --mm-layer-0: #4493f8; --mm-layer-1: #ab7df8; --mm-layer-2: #f0883e; --mm-layer-3: #3fb950; --mm-layer-4: #db61a2; --mm-a: #4493f8; --mm-b: #f0883e; } }
body { margin: 0 auto; padding: 16px; max-width: 1000px; font: 14px/1.5 system-ui, sans-serif; color: var(--mm-text); background: var(--mm-back); }
h1 { font-size: 20px; overflow-wrap: anywhere; } h2 { font-size: 16px; margin-top: 28px; }
summary { cursor: pointer; padding: 4px 0; } :focus-visible { outline: 2px solid var(--mm-layer-0); outline-offset: 2px; }
.scroll { overflow-x: auto; } a { color: var(--mm-layer-0); } footer { margin-top: 32px; color: var(--mm-muted); }
@media (forced-colors: active) { :focus-visible { outline-color: Highlight; } }
${chartStyle}`;

/** A file's memory as one self-contained page without scripts; everything in it that comes from the file is text. */
export function memoryPage(subject: PageSubject): string {
  const { path, viewModel, pools } = subject;
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const shown = visible(path);
  const title = `Memory of ${shown}`;
  const head = el(
    'head',
    {},
    el('meta', { charset: 'utf-8' }),
    el('meta', { 'http-equiv': 'Content-Security-Policy', content: policy }),
    el('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    el('meta', { name: 'referrer', content: 'no-referrer' }),
    el('title', {}, title),
  );
  const body = el(
    'body',
    {},
    el('main', {}, el('h1', {}, title), ...numbers(subject), ...map(subject), ...fidelitySection(subject.fidelity)),
    el(
      'section',
      { 'aria-labelledby': 'pools' },
      el('h2', { id: 'pools' }, 'Notes by layer'),
      ...pools.map((notes, i) => pool(viewModel.layers[i]!, notes, viewModel.tokens)),
      ...lostSection(subject),
    ),
    el(
      'footer',
      {},
      `Made by memmamba ${version} with ${subject.model}. Nothing in this page is loaded from elsewhere.`,
    ),
  );
  // The style sheet is not user text: it is ours, has no `<`, and the policy contains its hash.
  const sheet = `<style>${style}</style>`;
  return `<!DOCTYPE html>\n<html lang="en">${toMarkup(head).replace('</head>', () => `${sheet}</head>`)}${toMarkup(body)}</html>\n`;
}

function numbers({ viewModel }: PageSubject): Markup[] {
  const kept = viewModel.layers.map((layer, i) => {
    const slots = viewModel.notes.slot.filter((_, at) => viewModel.notes.layer[at] === i);
    const count = slots.filter((slot) => slot < viewModel.poolSize).length;
    const archived = slots.length > count ? `, and ${formatCount(slots.length - count)} in the archive` : '';
    const places = `${formatCount(count)} of ${formatCount(viewModel.poolSize)} places${archived}`;
    return [`notes of layer ${layer}`, places] as const;
  });
  return [
    figures([
      ['read', `${formatCount(viewModel.tokens)} of ${formatCount(viewModel.tokens)} tokens`],
      ['text', `${formatBytes(viewModel.bytes)}, ${formatCount(viewModel.lines)} lines`],
      ['size of its state', formatBytes(viewModel.stateBytes)],
      ['recent tokens', `the last ${formatCount(viewModel.tokens - viewModel.recentFrom)} tokens`],
      ['stored states', formatCount(viewModel.checkpoints.length)],
      ['candidates evicted', viewModel.evicted.count.map(formatCount).join(', ')],
      ...kept,
    ]),
  ];
}

function map({ viewModel, pools }: PageSubject): Markup[] {
  const strip = heatStrip(
    {
      tokens: viewModel.tokens,
      layers: viewModel.layers.map((layer, i) => ({ layer, positions: pools[i]!.map(({ position }) => position) })),
      checkpoints: viewModel.checkpoints,
      recentFrom: viewModel.recentFrom,
    },
    { detail: (row, from, to) => namedTokens(pools[row]!, from, to) },
  );
  return [
    el('h2', {}, 'Map of the file'),
    el('div', { class: 'scroll' }, strip),
    el(
      'p',
      {},
      'The start of the file is on the left, its end on the right. The stronger a cell, the more of its tokens are kept as notes; ' +
        'hover over a cell to see them. Below the strips: stored states, and the recent tokens.',
    ),
  ];
}

/** Lines and texts of the most important notes of a range, in the order of the text. */
function namedTokens(notes: readonly ChartNote[], from: number, to: number): string {
  const inside = notes.filter(({ position }) => position >= from && position < to);
  const named = inside.slice(0, NAMED_TOKENS).sort((a, b) => a.position - b.position);
  const texts = named.map(({ text, line }) => `${line === undefined ? 'name' : line + 1}: ${visible(text)}`);
  return [...texts, ...(inside.length > named.length ? ['…'] : [])].join('\n');
}

function fidelitySection(report: FidelityReport | undefined): Markup[] {
  const heading = el('h2', {}, 'How much of the text is still in memory at its end');
  if (report === undefined)
    return [heading, el('p', {}, 'Not measured. Run the command with --fidelity to measure it.')];
  return [
    heading,
    fidelitySummary(report),
    ...(report.curve.length === 0
      ? []
      : [
          el('div', { class: 'scroll' }, fidelityCurve(report.curve)),
          el('details', {}, el('summary', {}, 'As a table'), el('div', { class: 'scroll' }, curveTable(report.curve))),
        ]),
  ];
}

function pool(layer: number, notes: readonly ChartNote[], tokens: number): Markup {
  return el(
    'details',
    {},
    el('summary', {}, `Layer ${layer}: ${formatCount(notes.length)} notes, the most important first`),
    el('div', { class: 'scroll' }, poolTable(layer, notes, tokens)),
  );
}

function lostSection({ lost, viewModel }: PageSubject): Markup[] {
  const count = viewModel.evicted.count.reduce((a, b) => a + b, 0);
  const about =
    `${formatCount(count)} notes competed for a place and have none now; ${formatCount(lost.length)} of them had one at a stored ` +
    `state${lost.length > LISTED_EVICTED ? ` (here the ${LISTED_EVICTED} most important)` : ''}.`;
  const cell = (text: string): Markup => el('td', { class: 'mm-number' }, text);
  const rows = lost
    .slice(0, LISTED_EVICTED)
    .map(({ layer, text, line, column = 0, score, until }) =>
      el(
        'tr',
        {},
        cell(String(layer)),
        el('td', {}, el('code', {}, visible(text))),
        cell(line === undefined ? 'file name' : `${line + 1}:${column + 1}`),
        cell(score.toFixed(3)),
        cell(formatCount(until)),
      ),
    );
  const heads = ['layer', 'token', 'line:column', 'score', 'evicted after token'];
  const table = el(
    'table',
    { class: 'mm-numbers' },
    el('caption', {}, 'Notes displaced by better ones'),
    el('thead', {}, el('tr', {}, ...heads.map((head) => el('th', { scope: 'col' }, head)))),
    el('tbody', {}, ...rows),
  );
  const list = el('details', {}, el('summary', {}, 'Evicted notes'), el('div', { class: 'scroll' }, table));
  return [el('p', {}, about), ...(rows.length > 0 ? [list] : [])];
}
