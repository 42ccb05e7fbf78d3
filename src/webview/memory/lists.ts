import { fill, formatCount } from '../../common/charts';
import type { MemoryViewLabels, MemoryViewMessage, MemoryViewState } from '../../protocol';
import { button, make } from '../elements';
import { diffNotes, type NoteChange } from './diff';
import { Grid } from './grid';
import { keep, keptState, send, type ListName } from './host';
import { attendedSummary } from './attendedSummary';
import { changeRows, evictedRows, noteRows, attendedRows, type Row, type RowList, type SortOrder } from './rows';

const names: ListName[] = ['notes', 'evicted', 'attended', 'changes'];
const orders: SortOrder[] = ['line', 'score', 'age', 'attended', 'slot'];

/** The lists of notes: kept, evicted, attended, and changed by an edit. */
export class Lists {
  readonly element = make('section', { id: 'lists' });
  private readonly tabs: Record<ListName, HTMLButtonElement>;
  private readonly layer = make('select', { id: 'layer' });
  private readonly order = make('select', { id: 'order' });
  private readonly tools = make('div', { className: 'tools' });
  private readonly about = make('div', { id: 'about' });
  private readonly empty = make('p', { className: 'note', id: 'empty' });
  private readonly panel = make('div', { id: 'list', className: 'list', role: 'tabpanel' });
  private readonly grid: Grid;
  private state: MemoryViewState | undefined;
  private changes: { of: object; with: object; list: NoteChange[] } | undefined;

  constructor(
    private readonly labels: MemoryViewLabels,
    point: (row: Row | undefined, near: Element) => void,
  ) {
    this.grid = new Grid({
      open: ({ uri, line, start, end }) => {
        if (line >= 0) send({ type: 'open', uri, line, start, end });
      },
      point,
      scrolled: () => keep({ scrollTop: this.grid.scrollTop }),
    });
    const titles = {
      notes: labels.tabNotes,
      evicted: labels.tabEvicted,
      attended: labels.tabAttended,
      changes: labels.tabChanges,
    };
    const bar = make('div', { className: 'tabs', role: 'tablist', ariaLabel: labels.lists });
    this.tabs = Object.fromEntries(
      names.map((name) => {
        const look = { id: `tab-${name}`, role: 'tab', textContent: titles[name] };
        const tab = button(look, () => this.choose(name));
        tab.setAttribute('aria-controls', 'list');
        return [name, tab];
      }),
    ) as Record<ListName, HTMLButtonElement>;
    bar.addEventListener('keydown', (event) => {
      const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
      if (step === 0) return;
      event.preventDefault();
      const next = names[(names.indexOf(keptState().list) + step + names.length) % names.length]!;
      this.choose(next);
      this.tabs[next].focus();
    });
    bar.append(...names.map((name) => this.tabs[name]));
    this.layer.ariaLabel = labels.layer;
    this.order.ariaLabel = labels.sort;
    const byColumn = {
      line: labels.columnLine,
      score: labels.columnScore,
      age: labels.columnAge,
      attended: labels.columnAttended,
      slot: labels.columnSlot,
    };
    this.order.append(
      ...orders.map((order) => make('option', { value: order, textContent: fill(labels.order, byColumn[order]) })),
    );
    this.order.value = keptState().order;
    this.order.addEventListener('change', () => {
      keep({ order: orders.find((order) => order === this.order.value) ?? 'line', scrollTop: 0 });
      this.draw();
    });
    this.layer.addEventListener('change', () => {
      keep({ layer: Number(this.layer.value), scrollTop: 0 });
      this.draw();
    });
    this.panel.append(this.about, this.empty, this.grid.element);
    this.element.ariaLabel = labels.lists;
    this.element.append(bar, this.tools, this.panel);
  }

  /** Shows the last chosen list, for a new state. */
  show(state: MemoryViewState): void {
    const isOther = state.viewModel?.layers.join() !== this.state?.viewModel?.layers.join();
    this.state = state;
    if (isOther) {
      const layers = (state.viewModel?.layers ?? []).map((layer, i) =>
        make('option', { value: String(i), textContent: fill(state.chartLabels.layer, layer + 1) }),
      );
      this.layer.replaceChildren(make('option', { value: '-1', textContent: this.labels.allLayers }), ...layers);
      if (keptState().layer >= layers.length) keep({ layer: -1 });
      this.layer.value = String(keptState().layer);
    }
    this.draw();
  }

  choose(name: ListName): void {
    keep({ list: name, scrollTop: 0 });
    this.draw();
  }

  private draw(): void {
    const { state } = this;
    const { list: name, scrollTop, order } = keptState();
    if (state === undefined) return;
    for (const other of names) {
      const tab = this.tabs[other];
      tab.ariaSelected = String(other === name);
      tab.tabIndex = other === name ? 0 : -1;
    }
    this.panel.setAttribute('aria-labelledby', `tab-${name}`);
    this.order.hidden = name === 'attended' || name === 'changes';
    this.order.value = order;
    this.tools.replaceChildren(this.layer, this.order, ...this.buttons(name));
    const made = this.rows(name);
    this.about.replaceChildren(...made.about);
    this.empty.textContent = made.empty;
    this.empty.hidden = made.list !== undefined && made.list.count > 0;
    this.grid.element.hidden = made.list === undefined || made.list.count === 0;
    if (made.list) this.grid.show(made.list, this.tabs[name].textContent, scrollTop);
  }

  private rows(name: ListName): { list?: RowList; about: HTMLElement[]; empty: string } {
    const { labels } = this;
    const { viewModel, attended, baseline, file } = this.state!;
    const { layer, order } = keptState();
    const choice = { layer, order };
    const uri = file?.uri ?? '';
    if (name === 'attended') {
      if (attended === null) return { about: [], empty: labels.emptyAttended };
      return {
        list: attendedRows(attended, choice, labels),
        about: attendedSummary(attended, labels),
        empty: labels.emptyNotes,
      };
    }
    if (viewModel === null) return { about: [], empty: labels.notRead };
    if (name === 'notes')
      return { list: noteRows(viewModel, choice, uri, labels), about: [], empty: labels.emptyNotes };
    if (name === 'evicted') {
      const { known, everyTokens, notes, count: counts } = viewModel.evicted;
      const total = counts.reduce((sum, one) => sum + one, 0);
      const about =
        known === 'none'
          ? fill(labels.unknownEvicted, formatCount(total))
          : fill(labels.knownEvicted, formatCount(total), formatCount(notes.position.length), formatCount(everyTokens));
      return {
        list: evictedRows(viewModel, choice, uri, labels),
        about: total > 0 ? [make('p', { className: 'note', textContent: about })] : [],
        empty: total > 0 ? '' : labels.emptyEvicted,
      };
    }
    if (baseline === null) return { about: [], empty: labels.emptyChanges };
    const changes = this.changesOf(baseline, viewModel);
    const kinds = (kind: NoteChange['kind']): string =>
      formatCount(changes.filter((change) => change.kind === kind).length);
    const summary = fill(labels.changesSummary, kinds('added'), kinds('dropped'), kinds('rescored'));
    return {
      list: changeRows(changes, baseline.viewModel, viewModel, choice, uri, labels),
      about: [make('p', { className: 'note', textContent: `${fill(labels.comparedWith, baseline.label)} ${summary}` })],
      empty: labels.noChanges,
    };
  }

  /** Computed once per pair of view models: choosing another layer or list does not compare again. */
  private changesOf(baseline: NonNullable<MemoryViewState['baseline']>, viewModel: object): NoteChange[] {
    if (this.changes?.of !== viewModel || this.changes.with !== baseline) {
      const list = diffNotes(baseline.viewModel, this.state!.viewModel!, baseline.edit);
      this.changes = { of: viewModel, with: baseline, list };
    }
    return this.changes.list;
  }

  private buttons(name: ListName): HTMLElement[] {
    const { labels, state } = this;
    const tool = (id: string, textContent: string, message: MemoryViewMessage): HTMLElement =>
      button({ className: 'secondary', id, textContent }, () => send(message));
    if (name === 'changes') {
      return [
        tool('remember', labels.remember, { type: 'remember' }),
        ...(state!.baseline ? [tool('forgetBaseline', labels.forgetBaseline, { type: 'forgetBaseline' })] : []),
      ];
    }
    if (name === 'attended') {
      return [
        tool('attendedByCompletion', labels.attendedByCompletion, { type: 'attended', of: 'completion' }),
        tool('attendedByAnswer', labels.attendedByAnswer, { type: 'attended', of: 'answer' }),
        ...(state!.attended ? [tool('closeAttended', labels.closeAttended, { type: 'closeAttended' })] : []),
      ];
    }
    return [];
  }
}
