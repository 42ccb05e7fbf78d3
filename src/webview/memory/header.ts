import { figures, fill } from '../../common/picture';
import type { MemoryPicture, MemoryViewWords, ShownFile } from '../../protocol';
import { make } from '../elements';
import { keep, keptState, send } from './host';
import { count } from './rows';

/** Which file is shown, how far it is read, and what it takes. */
export class Header {
  readonly element = make('header', {});
  private readonly name = make('h1', {});
  private readonly pin = make('button', { type: 'button', className: 'secondary', id: 'pin' });
  private readonly note = make('p', { className: 'note', id: 'note' });
  private readonly bar = make('progress', { hidden: true });
  private figures = make('div', {});
  private readonly facts = make('details', { id: 'facts' });
  private file: ShownFile | null = null;

  constructor(private readonly words: MemoryViewWords) {
    this.note.setAttribute('role', 'status');
    this.bar.setAttribute('aria-label', words.readOf);
    this.pin.addEventListener('click', () => send({ type: 'pin', isPinned: this.file?.isPinned !== true }));
    this.facts.open = !keptState().isFactsFolded;
    this.facts.addEventListener('toggle', () => keep({ isFactsFolded: !this.facts.open }));
    this.facts.append(make('summary', { textContent: words.facts }), this.figures);
    this.element.append(make('div', { className: 'title' }, this.name, this.pin), this.note, this.bar, this.facts);
  }

  show(file: ShownFile | null, picture: MemoryPicture | null): void {
    const { words } = this;
    this.file = file;
    this.name.textContent = file?.name ?? words.noFile;
    this.pin.hidden = file === null;
    this.pin.textContent = file?.isPinned ? words.unpin : words.pin;
    this.pin.setAttribute('aria-pressed', String(file?.isPinned === true));
    const read = file?.read;
    const readOf = read ? fill(words.readOf, count(read.done), count(read.total)) : undefined;
    const parts = [readOf, file?.note, file?.isStale && picture ? words.earlier : undefined];
    this.note.textContent = parts.filter((part) => part !== undefined && part !== '').join(' · ');
    this.bar.hidden = read === undefined || read.done >= read.total;
    if (read) {
      this.bar.max = Math.max(1, read.total);
      this.bar.value = read.done;
    }
    this.facts.hidden = picture === null;
    const shown = make('div', {}, ...(picture ? [figures(rows(picture, words))] : []));
    this.figures.replaceWith(shown);
    this.figures = shown;
    // The only figure that is a sentence.
    this.figures.querySelector('dl')?.lastElementChild?.classList.add('wide');
  }
}

function rows(picture: MemoryPicture, words: MemoryViewWords): [string, string][] {
  const { layers, notes, poolSize, archiveSize, evicted, counted } = picture;
  const of = (layer: number): number => notes.layer.reduce((sum, one) => sum + (one === layer ? 1 : 0), 0);
  const kept = layers.map((layer, i) => fill(words.notesOf, layer + 1, count(of(i)), count(poolSize + archiveSize)));
  return [
    [
      words.tokens,
      picture.restoredTokens === 0
        ? count(picture.tokens)
        : `${count(picture.tokens)} (${fill(words.restored, count(picture.restoredTokens))})`,
    ],
    [words.lines, count(picture.lines)],
    [words.bytes, bytes(picture.bytes)],
    [words.state, bytes(picture.stateBytes)],
    [words.checkpoints, count(picture.checkpoints.length)],
    [words.evicted, count(evicted.count.reduce((sum, one) => sum + one, 0))],
    [words.counted, count(counted.completions + counted.answers)],
    [words.notes, kept.join(', ')],
  ];
}

/** As `formatBytes` does, which the browser's bundle does not have. */
function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  return value < 1e6 ? `${(value / 1e3).toFixed(value < 1e4 ? 1 : 0)} kB` : `${(value / 1e6).toFixed(1)} MB`;
}
