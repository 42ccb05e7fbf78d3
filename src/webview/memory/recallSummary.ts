import { fill } from '../../common/picture';
import type { MemoryViewWords, ReadShares, RecallResult } from '../../protocol';
import { make } from '../elements';
import { percent } from './rows';

/** The four shares, in the order in which they are drawn. */
const parts = ['notes', 'recent', 'own', 'nothing'] as const;

/** What was recalled for, and how each read of memory shared out its attention: a table whose rows sum to the whole. */
export function recallSummary(recall: RecallResult, words: MemoryViewWords): HTMLElement[] {
  const what =
    recall.of === 'answer'
      ? fill(words.recallOfAnswer, recall.question ?? '')
      : fill(words.recallOfCompletion, (recall.offered?.line ?? 0) + 1, firstLine(recall.offered?.text ?? ''));
  const names = {
    notes: words.shareNotes,
    recent: words.shareRecent,
    own: words.shareOwn,
    nothing: words.shareNothing,
  };
  const tables = recall.files.map(({ name, tokens, reads }) => {
    const head = make('tr', {}, headCell(words.columnLayer), ...parts.map((part) => headCell(names[part], part)));
    return make(
      'table',
      { className: 'reads' },
      make('caption', { textContent: fill(words.recallReads, name, tokens) }),
      make('thead', {}, head),
      make('tbody', {}, ...reads.map((read) => readRow(read, words))),
    );
  });
  return [make('p', { className: 'about', textContent: what }), ...tables];
}

function headCell(text: string, part?: string): HTMLElement {
  const cell = make('th', { scope: 'col' });
  if (part !== undefined) cell.append(make('span', { className: `key ${part}` }));
  cell.append(document.createTextNode(text));
  return cell;
}

function readRow(read: ReadShares, words: MemoryViewWords): HTMLElement {
  const bar = make('div', { className: 'shares' });
  bar.setAttribute('aria-hidden', 'true');
  for (const part of parts) {
    const piece = make('span', { className: part });
    piece.style.width = `${100 * read[part]}%`;
    bar.append(piece);
  }
  const name = fill(read.kind === 'own' ? words.readOwn : words.readCross, read.layer + 1, read.layer + 1);
  const title = make(
    'th',
    { scope: 'row' },
    document.createTextNode(read.kind === 'own' ? name : `${read.layer + 1} ↓`),
    bar,
  );
  if (read.kind === 'cross') title.title = name;
  return make('tr', {}, title, ...parts.map((part) => make('td', { textContent: percent(read[part]) })));
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
