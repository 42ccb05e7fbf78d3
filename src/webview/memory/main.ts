import { fill, pictureStyle } from '../../common/picture';
import type { MemoryPicture, MemoryViewState, MemoryViewUpdate } from '../../protocol';
import { make } from '../elements';
import { FidelitySection } from './fidelitySection';
import { Header } from './header';
import { keep, keptState, send } from './host';
import { Lists } from './lists';
import { count, type Row } from './rows';
import { Strip } from './strip';
import { Tip } from './tip';

/** The parts of the panel, made when the words have come. */
class Panel {
  private readonly header: Header;
  private readonly strip: Strip;
  private readonly map: HTMLElement;
  private readonly fidelity: FidelitySection;
  private readonly lists: Lists;
  private readonly tip = new Tip((uri, line) => send({ type: 'peek', uri, line }));

  constructor(private state: MemoryViewState) {
    const { words, pictureWords } = state;
    this.header = new Header(words);
    this.strip = new Strip(words, {
      open: (note) => this.openNote(note),
      point: (note, near) => this.pointNote(note, near),
      ranged: () => keep({ range: this.strip.shownRange }),
    });
    this.fidelity = new FidelitySection(words, pictureWords);
    this.lists = new Lists(words, (row, near) => this.pointRow(row, near));
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
    // Another theme brings other colours, which a canvas does not follow by itself.
    const redraw = new MutationObserver(() => this.strip.drawSoon());
    redraw.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
    redraw.observe(document.body, { attributes: true, attributeFilter: ['class'] });
    this.show(state, state);
  }

  /** Shows a state of which some members have changed. */
  show(state: MemoryViewState, changed: MemoryViewUpdate): void {
    const { file, picture, recall, fidelity } = state;
    this.state = state;
    if (changed.peeked) this.tip.peeked(changed.peeked.line, changed.peeked.text);
    if (changed.front === 'recall') this.lists.choose('recall');
    if ('file' in changed || 'picture' in changed) this.header.show(file, picture);
    if ('picture' in changed || 'recall' in changed) {
      this.map.hidden = picture === null;
      const { uri, range } = keptState();
      const wasHere = uri === file?.uri;
      if (!wasHere) keep({ uri: file?.uri, range: undefined, scrollTop: 0 });
      const recalled = recall?.files.find((one) => one.uri === file?.uri);
      this.strip.show(picture, recalled, this.strip.isEmpty && wasHere ? range : undefined);
    }
    if ('fidelity' in changed || 'file' in changed) {
      this.fidelity.element.hidden = file === null;
      this.fidelity.show(fidelity, picture !== null && file?.isStale === false);
    }
    if ('picture' in changed || 'recall' in changed || 'baseline' in changed) this.lists.show(state);
  }

  private makeMap(): HTMLElement {
    const { words } = this.state;
    const button = (id: string, textContent: string, name: string, work: () => void): HTMLElement => {
      const element = make('button', { type: 'button', className: 'secondary', id, textContent, title: name });
      element.setAttribute('aria-label', name);
      element.addEventListener('click', work);
      return element;
    };
    const section = make(
      'section',
      { id: 'map' },
      make(
        'div',
        { className: 'title' },
        make('h2', { textContent: words.map }),
        button('zoomIn', '+', words.zoomIn, () => this.strip.zoom(0.5)),
        button('zoomOut', '−', words.zoomOut, () => this.strip.zoom(2)),
        button('zoomReset', '↔', words.zoomReset, () => this.strip.zoomReset()),
      ),
      this.strip.element,
    );
    section.setAttribute('aria-label', words.map);
    return section;
  }

  private makeFooter(): HTMLElement {
    const { words } = this.state;
    const button = (type: 'exportJson' | 'exportSvg'): HTMLElement => {
      const element = make('button', { type: 'button', className: 'secondary', id: type, textContent: words[type] });
      element.addEventListener('click', () => send({ type }));
      return element;
    };
    return make('footer', { className: 'tools' }, button('exportJson'), button('exportSvg'));
  }

  private openNote(note: number): void {
    const { file, picture } = this.state;
    if (!file || !picture) return;
    const { line, start, end } = picture.notes;
    if (line[note]! < 0) return;
    send({ type: 'open', uri: file.uri, line: line[note]!, start: start[note]!, end: end[note]! });
  }

  private pointNote(note: number | undefined, near: { x: number; y: number }): void {
    const { file, picture } = this.state;
    if (note === undefined || !file || !picture) {
      this.tip.hide();
      return;
    }
    this.tip.show(this.aboutNote(picture, note), file.uri, picture.notes.line[note]!, near);
  }

  private pointRow(row: Row | undefined, near: Element): void {
    if (row === undefined || row.line < 0) {
      this.tip.hide();
      return;
    }
    const { left, bottom } = near.getBoundingClientRect();
    this.tip.show(row.cells.slice(0, 2).join(' · '), row.uri, row.line, { x: left, y: bottom - 12 });
  }

  private aboutNote({ notes, layers }: MemoryPicture, note: number): string {
    const { words } = this.state;
    const line = notes.line[note]!;
    const where = line < 0 ? words.fileName : count(line + 1);
    return fill(words.mapPlace, notes.text[note]!.trim(), where, layers[notes.layer[note]!]! + 1);
  }
}

const style = new CSSStyleSheet();
style.replaceSync(pictureStyle);
document.adoptedStyleSheets = [style];

let state: Partial<MemoryViewState> = {};
let panel: Panel | undefined;

window.addEventListener('message', ({ data }: MessageEvent<MemoryViewUpdate>) => {
  state = { ...state, ...data };
  if (panel) panel.show(state as MemoryViewState, data);
  // The first message holds everything.
  else if (state.words) panel = new Panel(state as MemoryViewState);
});
send({ type: 'ready' });
