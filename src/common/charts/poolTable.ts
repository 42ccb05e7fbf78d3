import { formatCount } from '../format';
import { visibleLine } from '../visible';
import { el, type MarkupElement } from './markup';
import { englishLabels, fill, type ChartLabels } from './labels';

/** One slot of a pool. */
export interface ChartNote {
  readonly slot: number;
  /** Token position in the document, header included. */
  readonly position: number;
  readonly text: string;
  /** 0-based; both absent for a token of the header (the file's name). */
  readonly line?: number;
  readonly column?: number;
  readonly score: number;
}

interface TableOptions {
  readonly labels?: ChartLabels;
}

/** The columns of a pool. */
function poolHead({ labels = englishLabels }: TableOptions = {}): MarkupElement {
  const names = [labels.slot, labels.token, labels.line, labels.score, labels.age];
  return el('thead', {}, el('tr', {}, ...names.map((name) => el('th', { scope: 'col' }, name))));
}

/**
 * A note as a row.
 * @param tokens of the document, for the note's age
 */
function poolRow(note: ChartNote, tokens: number, { labels = englishLabels }: TableOptions = {}): MarkupElement {
  const { slot, position, text, line, column = 0, score } = note;
  const number = (value: string): MarkupElement => el('td', { class: 'mm-number' }, value);
  return el(
    'tr',
    { 'data-position': position },
    number(String(slot)),
    el('td', {}, el('code', {}, visible(text))),
    el('td', {}, line === undefined ? labels.fileName : `${line + 1}:${column + 1}`),
    number(score.toFixed(3)),
    number(formatCount(tokens - position)),
  );
}

/** All notes of a layer in the given order. */
export function poolTable(
  layer: number,
  notes: readonly ChartNote[],
  tokens: number,
  options: TableOptions = {},
): MarkupElement {
  const { labels = englishLabels } = options;
  return el(
    'table',
    { class: 'mm-pool' },
    el('caption', {}, fill(labels.pool, layer, formatCount(notes.length))),
    poolHead(options),
    el('tbody', {}, ...notes.map((note) => poolRow(note, tokens, options))),
  );
}

/** A list of names and numbers. */
export function figures(rows: readonly (readonly [name: string, value: string])[]): MarkupElement {
  return el(
    'dl',
    { class: 'mm-figures' },
    ...rows.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))),
  );
}

/** Makes the white space of a token visible, and shows what cannot be seen by its code. */
export function visible(text: string): string {
  const shown = text
    .replace(/\r\n|\r|\n/g, '⏎')
    .replace(/\t/g, '⇥')
    .replace(/^ +| +$/g, (spaces) => '·'.repeat(spaces.length));
  return visibleLine(shown);
}
