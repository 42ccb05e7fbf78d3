import { figures, fill, formatCount } from '../../common/charts';
import type { MemoryViewModel, MemoryViewLabels, ShownFile } from '../../protocol';
import { button, make } from '../elements';
import { keep, keptState, send } from './host';

/** The shown file, its progress, and its size. */
export class Header {
  readonly element = make('header', {});
  private readonly name = make('h1', {});
  private readonly pin = button({ className: 'secondary', id: 'pin' }, () =>
    send({ type: 'pin', isPinned: this.file?.isPinned !== true }),
  );
  private readonly note = make('p', { className: 'note', id: 'note', role: 'status' });
  private readonly bar = make('progress', { hidden: true });
  private figures = make('div', {});
  private readonly facts = make('details', { id: 'facts' });
  private file: ShownFile | null = null;

  constructor(private readonly labels: MemoryViewLabels) {
    this.bar.ariaLabel = labels.readOf;
    this.facts.open = !keptState().isFactsFolded;
    this.facts.addEventListener('toggle', () => keep({ isFactsFolded: !this.facts.open }));
    this.facts.append(make('summary', { textContent: labels.facts }), this.figures);
    this.element.append(make('div', { className: 'title' }, this.name, this.pin), this.note, this.bar, this.facts);
  }

  show(file: ShownFile | null, viewModel: MemoryViewModel | null): void {
    const { labels } = this;
    this.file = file;
    this.name.textContent = file?.name ?? labels.noFile;
    this.pin.hidden = file === null;
    this.pin.textContent = file?.isPinned ? labels.unpin : labels.pin;
    this.pin.ariaPressed = String(file?.isPinned === true);
    const read = file?.read;
    const readOf = read ? fill(labels.readOf, formatCount(read.done), formatCount(read.total)) : undefined;
    const parts = [readOf, file?.note, file?.isStale && viewModel ? labels.earlier : undefined];
    this.note.textContent = parts.filter((part) => part !== undefined && part !== '').join(' · ');
    this.bar.hidden = read === undefined || read.done >= read.total;
    if (read) {
      this.bar.max = Math.max(1, read.total);
      this.bar.value = read.done;
    }
    this.facts.hidden = viewModel === null;
    const shown = make('div', {}, ...(viewModel ? [figures(rows(viewModel, labels))] : []));
    this.figures.replaceWith(shown);
    this.figures = shown;
    // The only figure that is a sentence.
    this.figures.querySelector('dl')?.lastElementChild?.classList.add('wide');
  }
}

function rows(viewModel: MemoryViewModel, labels: MemoryViewLabels): [string, string][] {
  const { layers, notes, poolSize, archiveSize, evicted, counted } = viewModel;
  const of = (layer: number): number => notes.layer.reduce((sum, one) => sum + (one === layer ? 1 : 0), 0);
  const kept = layers.map((layer, i) =>
    fill(labels.notesOf, layer + 1, formatCount(of(i)), formatCount(poolSize + archiveSize)),
  );
  return [
    [
      labels.tokens,
      viewModel.restoredTokens === 0
        ? formatCount(viewModel.tokens)
        : `${formatCount(viewModel.tokens)} (${fill(labels.restored, formatCount(viewModel.restoredTokens))})`,
    ],
    [labels.lines, formatCount(viewModel.lines)],
    [labels.bytes, bytes(viewModel.bytes)],
    [labels.state, bytes(viewModel.stateBytes)],
    [labels.checkpoints, formatCount(viewModel.checkpoints.length)],
    [labels.evicted, formatCount(evicted.count.reduce((sum, one) => sum + one, 0))],
    [labels.counted, formatCount(counted.completions + counted.answers)],
    [labels.notes, kept.join(', ')],
  ];
}

/** Like `formatBytes`, which the browser's bundle does not include. */
function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  return value < 1e6 ? `${(value / 1e3).toFixed(value < 1e4 ? 1 : 0)} kB` : `${(value / 1e6).toFixed(1)} MB`;
}
