import { fill } from '../../common/charts';
import type { MemoryViewLabels, ReadShares, AttendedResult } from '../../protocol';
import { make } from '../elements';
import { percent } from './rows';

/** The four shares, in drawing order. */
const parts = ['notes', 'recent', 'own', 'nothing'] as const;

/** The completion or answer, and how each read of memory distributed its attention: a table whose rows sum to 1. */
export function attendedSummary(attended: AttendedResult, labels: MemoryViewLabels): HTMLElement[] {
  const what =
    attended.of === 'answer'
      ? fill(labels.answerAttended, attended.question ?? '')
      : fill(labels.completionAttended, (attended.offered?.line ?? 0) + 1, firstLine(attended.offered?.text ?? ''));
  const names = {
    notes: labels.shareNotes,
    recent: labels.shareRecent,
    own: labels.shareOwn,
    nothing: labels.shareNothing,
  };
  const tables = attended.files.map(({ name, tokens, reads }) => {
    const head = make('tr', {}, headCell(labels.columnLayer), ...parts.map((part) => headCell(names[part], part)));
    return make(
      'table',
      { className: 'reads' },
      make('caption', { textContent: fill(labels.attendedReads, name, tokens) }),
      make('thead', {}, head),
      make('tbody', {}, ...reads.map((read) => readRow(read, labels))),
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

function readRow(read: ReadShares, labels: MemoryViewLabels): HTMLElement {
  const bar = make('div', { className: 'shares', ariaHidden: 'true' });
  for (const part of parts) {
    const piece = make('span', { className: part });
    piece.style.width = `${100 * read[part]}%`;
    bar.append(piece);
  }
  const name = fill(read.kind === 'own' ? labels.readOwn : labels.readCross, read.layer + 1, read.layer + 1);
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
