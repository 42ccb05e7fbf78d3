import { fill, formatCount, chartStyle } from '../../common/charts';
import type { MemoryViewModel, MemoryViewState, MemoryViewUpdate } from '../../protocol';
import { button, make } from '../elements';
import { FidelitySection } from './fidelitySection';
import { Header } from './header';
import { keep, keptState, send } from './host';
import { Lists } from './lists';
import { type Row } from './rows';
import { Strip } from './strip';
import { Tip } from './tip';

/** The parts of the panel, created when the labels arrive. */
class Panel {
  private readonly header: Header;
  private readonly strip: Strip;
  private readonly map: HTMLElement;
  private readonly fidelity: FidelitySection;
  private readonly lists: Lists;
  private readonly tip = new Tip((uri, line) => send({ type: 'peek', uri, line }));

  constructor(private state: MemoryViewState) {
    const { labels, chartLabels } = state;
    this.header = new Header(labels);
    this.strip = new Strip(labels, {
      open: (note) => this.openNote(note),
      point: (note, near) => this.pointNote(note, near),
      ranged: () => keep({ range: this.strip.shownRange }),
    });
    this.fidelity = new FidelitySection(labels, chartLabels);
    this.lists = new Lists(labels, (row, near) => this.pointRow(row, near));
    this.map = this.makeMap();
    const main = document.getElementById('panel')!;
    main.replaceChildren(
      this.header.element,
      this.map,
      this.fidelity.element,
      this.lists.element,
      this.makeFooter(),
      this.tip.element,
    );
    // A new theme has new colours, which a canvas does not pick up by itself.
    const redraw = new MutationObserver(() => this.strip.drawSoon());
    redraw.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
    redraw.observe(document.body, { attributes: true, attributeFilter: ['class'] });
    this.show(state, state);
  }

  /** Shows a state of which some members have changed. */
  show(state: MemoryViewState, changed: MemoryViewUpdate): void {
    const { file, viewModel, attended, fidelity } = state;
    this.state = state;
    if (changed.peeked) this.tip.peeked(changed.peeked.line, changed.peeked.text);
    if (changed.front === 'attended') this.lists.choose('attended');
    if ('file' in changed || 'viewModel' in changed) this.header.show(file, viewModel);
    if ('viewModel' in changed || 'attended' in changed) {
      this.map.hidden = viewModel === null;
      const { uri, range } = keptState();
      const wasHere = uri === file?.uri;
      if (!wasHere) keep({ uri: file?.uri, range: undefined, scrollTop: 0 });
      const attendedFile = attended?.files.find((one) => one.uri === file?.uri);
      this.strip.show(viewModel, attendedFile, this.strip.isEmpty && wasHere ? range : undefined);
    }
    if ('fidelity' in changed || 'file' in changed) {
      this.fidelity.element.hidden = file === null;
      this.fidelity.show(fidelity, viewModel !== null && file?.isStale === false);
    }
    if ('viewModel' in changed || 'attended' in changed || 'baseline' in changed) this.lists.show(state);
  }

  private makeMap(): HTMLElement {
    const { labels } = this.state;
    const tool = (id: string, textContent: string, title: string, work: () => void): HTMLElement =>
      button({ className: 'secondary', id, textContent, title, ariaLabel: title }, work);
    return make(
      'section',
      { id: 'map', ariaLabel: labels.map },
      make(
        'div',
        { className: 'title' },
        make('h2', { textContent: labels.map }),
        tool('zoomIn', '+', labels.zoomIn, () => this.strip.zoom(0.5)),
        tool('zoomOut', '−', labels.zoomOut, () => this.strip.zoom(2)),
        tool('zoomReset', '↔', labels.zoomReset, () => this.strip.zoomReset()),
      ),
      this.strip.element,
    );
  }

  private makeFooter(): HTMLElement {
    const { labels } = this.state;
    const tool = (type: 'exportJson' | 'exportSvg'): HTMLElement =>
      button({ className: 'secondary', id: type, textContent: labels[type] }, () => send({ type }));
    return make('footer', { className: 'tools' }, tool('exportJson'), tool('exportSvg'));
  }

  private openNote(note: number): void {
    const { file, viewModel } = this.state;
    if (!file || !viewModel) return;
    const { line, start, end } = viewModel.notes;
    if (line[note]! < 0) return;
    send({ type: 'open', uri: file.uri, line: line[note]!, start: start[note]!, end: end[note]! });
  }

  private pointNote(note: number | undefined, near: { x: number; y: number }): void {
    const { file, viewModel } = this.state;
    if (note === undefined || !file || !viewModel) {
      this.tip.hide();
      return;
    }
    this.tip.show(this.aboutNote(viewModel, note), file.uri, viewModel.notes.line[note]!, near);
  }

  private pointRow(row: Row | undefined, near: Element): void {
    if (row === undefined || row.line < 0) {
      this.tip.hide();
      return;
    }
    const { left, bottom } = near.getBoundingClientRect();
    this.tip.show(row.cells.slice(0, 2).join(' · '), row.uri, row.line, { x: left, y: bottom - 12 });
  }

  private aboutNote({ notes, layers }: MemoryViewModel, note: number): string {
    const { labels } = this.state;
    const line = notes.line[note]!;
    const where = line < 0 ? labels.fileName : formatCount(line + 1);
    return fill(labels.mapPlace, notes.text[note]!.trim(), where, layers[notes.layer[note]!]! + 1);
  }
}

const style = new CSSStyleSheet();
style.replaceSync(chartStyle);
document.adoptedStyleSheets = [style];

let state: Partial<MemoryViewState> = {};
let panel: Panel | undefined;

window.addEventListener('message', ({ data }: MessageEvent<MemoryViewUpdate>) => {
  state = { ...state, ...data };
  if (panel) panel.show(state as MemoryViewState, data);
  // The first message contains everything.
  else if (state.labels) panel = new Panel(state as MemoryViewState);
});
send({ type: 'ready' });
