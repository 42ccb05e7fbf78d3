import { fill } from '../../common/picture';
import type { MemoryViewState, MemoryViewWords } from '../../protocol';
import { make } from '../elements';
import { diffNotes, type NoteChange } from './diff';
import { Grid } from './grid';
import { keep, keptState, send, type ListName } from './host';
import { recallSummary } from './recallSummary';
import { changeRows, count, evictedRows, noteRows, recallRows, type Row, type RowList, type SortOrder } from './rows';

const names: ListName[] = ['notes', 'evicted', 'recall', 'changes'];
const orders: SortOrder[] = ['line', 'score', 'age', 'recalled', 'slot'];

/** The lists of notes: those kept, those evicted, those recalled, and what an edit changed. */
export class Lists {
  readonly element = make('section', { id: 'lists' });
  private readonly tabs: Record<ListName, HTMLButtonElement>;
  private readonly layer = make('select', { id: 'layer' });
  private readonly order = make('select', { id: 'order' });
  private readonly tools = make('div', { className: 'tools' });
  private readonly about = make('div', { id: 'about' });
  private readonly empty = make('p', { className: 'note', id: 'empty' });
  private readonly panel = make('div', { id: 'list', className: 'list' });
  private readonly grid: Grid;
  private state: MemoryViewState | undefined;
  private changes: { of: object; with: object; list: NoteChange[] } | undefined;

  constructor(
    private readonly words: MemoryViewWords,
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
      notes: words.tabNotes,
      evicted: words.tabEvicted,
      recall: words.tabRecall,
      changes: words.tabChanges,
    };
    const bar = make('div', { className: 'tabs' });
    bar.setAttribute('role', 'tablist');
    bar.setAttribute('aria-label', words.lists);
    this.tabs = Object.fromEntries(
      names.map((name) => {
        const tab = make('button', { type: 'button', id: `tab-${name}`, textContent: titles[name] });
        tab.setAttribute('role', 'tab');
        tab.setAttribute('aria-controls', 'list');
        tab.addEventListener('click', () => this.choose(name));
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
    this.layer.setAttribute('aria-label', words.layer);
    this.order.setAttribute('aria-label', words.sort);
    const byColumn = {
      line: words.columnLine,
      score: words.columnScore,
      age: words.columnAge,
      recalled: words.columnRecalled,
      slot: words.columnSlot,
    };
    this.order.append(
      ...orders.map((order) => make('option', { value: order, textContent: fill(words.order, byColumn[order]) })),
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
    this.panel.setAttribute('role', 'tabpanel');
    this.panel.append(this.about, this.empty, this.grid.element);
    this.element.setAttribute('aria-label', words.lists);
    this.element.append(bar, this.tools, this.panel);
  }

  /** Shows the list that was chosen last, of a state that has changed. */
  show(state: MemoryViewState): void {
    const isOther = state.picture?.layers.join() !== this.state?.picture?.layers.join();
    this.state = state;
    if (isOther) {
      const layers = (state.picture?.layers ?? []).map((layer, i) =>
        make('option', { value: String(i), textContent: fill(state.pictureWords.layer, layer + 1) }),
      );
      this.layer.replaceChildren(make('option', { value: '-1', textContent: this.words.allLayers }), ...layers);
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
      tab.setAttribute('aria-selected', String(other === name));
      tab.tabIndex = other === name ? 0 : -1;
    }
    this.panel.setAttribute('aria-labelledby', `tab-${name}`);
    this.order.hidden = name === 'recall' || name === 'changes';
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
    const { words } = this;
    const { picture, recall, baseline, file } = this.state!;
    const { layer, order } = keptState();
    const choice = { layer, order };
    const uri = file?.uri ?? '';
    if (name === 'recall') {
      if (recall === null) return { about: [], empty: words.emptyRecall };
      return { list: recallRows(recall, choice, words), about: recallSummary(recall, words), empty: words.emptyNotes };
    }
    if (picture === null) return { about: [], empty: words.notRead };
    if (name === 'notes') return { list: noteRows(picture, choice, uri, words), about: [], empty: words.emptyNotes };
    if (name === 'evicted') {
      const { known, everyTokens, notes, count: counts } = picture.evicted;
      const total = counts.reduce((sum, one) => sum + one, 0);
      const about =
        known === 'none'
          ? fill(words.unknownEvicted, count(total))
          : fill(words.knownEvicted, count(total), count(notes.position.length), count(everyTokens));
      return {
        list: evictedRows(picture, choice, uri, words),
        about: total > 0 ? [make('p', { className: 'note', textContent: about })] : [],
        empty: total > 0 ? '' : words.emptyEvicted,
      };
    }
    if (baseline === null) return { about: [], empty: words.emptyChanges };
    const changes = this.changesOf(baseline, picture);
    const kinds = (kind: NoteChange['kind']): string => count(changes.filter((change) => change.kind === kind).length);
    const summary = fill(words.changesSummary, kinds('added'), kinds('dropped'), kinds('rescored'));
    return {
      list: changeRows(changes, baseline.picture, picture, choice, uri, words),
      about: [make('p', { className: 'note', textContent: `${fill(words.comparedWith, baseline.label)} ${summary}` })],
      empty: words.noChanges,
    };
  }

  /** Made once for a pair of pictures: choosing another layer or list need not compare again. */
  private changesOf(baseline: NonNullable<MemoryViewState['baseline']>, picture: object): NoteChange[] {
    if (this.changes?.of !== picture || this.changes.with !== baseline) {
      const list = diffNotes(baseline.picture, this.state!.picture!, baseline.edit);
      this.changes = { of: picture, with: baseline, list };
    }
    return this.changes.list;
  }

  private buttons(name: ListName): HTMLElement[] {
    const { words, state } = this;
    const button = (id: string, textContent: string, work: () => void): HTMLElement => {
      const element = make('button', { type: 'button', className: 'secondary', id, textContent });
      element.addEventListener('click', work);
      return element;
    };
    if (name === 'changes') {
      return [
        button('remember', words.remember, () => send({ type: 'remember' })),
        ...(state!.baseline
          ? [button('forgetBaseline', words.forgetBaseline, () => send({ type: 'forgetBaseline' }))]
          : []),
      ];
    }
    if (name === 'recall') {
      return [
        button('recallCompletion', words.recallCompletion, () => send({ type: 'recall', of: 'completion' })),
        button('recallAnswer', words.recallAnswer, () => send({ type: 'recall', of: 'answer' })),
        ...(state!.recall ? [button('closeRecall', words.closeRecall, () => send({ type: 'closeRecall' }))] : []),
      ];
    }
    return [];
  }
}
