import { make } from '../elements';
import { oncePerFrame } from './oncePerFrame';
import type { Row, RowList } from './rows';
import { rowWindow, scrollToRow, type RowWindow } from './window';

/** Pixels; must match the style sheet. */
const ROW_HEIGHT = 22;

export interface GridEvents {
  /** A row was clicked, or Enter was pressed on it. */
  open: (row: Row) => void;
  /** The mouse or keyboard is on a row; undefined when it has left. */
  point: (row: Row | undefined, near: Element) => void;
  scrolled: () => void;
}

/** A virtualised list: only visible rows are in the document. One Tab stop; arrow keys move within. */
export class Grid {
  readonly element = make('div', { className: 'grid', tabIndex: 0, id: 'grid', role: 'grid', ariaReadOnly: 'true' });
  private readonly head = make('div', { className: 'row head', role: 'row', ariaRowIndex: '1' });
  private readonly body = make('div', { className: 'rows', role: 'rowgroup' });
  private readonly drawn = new Map<number, HTMLElement>();
  private list: RowList = { columns: [], count: 0, row: () => undefined as never };
  private active = -1;
  private readonly drawSoon = oncePerFrame(() => this.draw());

  constructor(private readonly events: GridEvents) {
    this.element.append(make('div', { className: 'head-group', role: 'rowgroup' }, this.head), this.body);
    this.element.addEventListener('scroll', () => {
      this.drawSoon();
      events.scrolled();
    });
    this.element.addEventListener('keydown', (event) => this.key(event));
    this.element.addEventListener('focus', () => {
      if (this.active < 0 && this.list.count > 0) this.activate(0);
    });
    this.element.addEventListener('blur', () => events.point(undefined, this.element));
    this.body.addEventListener('click', (event) => {
      const index = indexOf(event.target);
      if (index === undefined) return;
      this.activate(index, false);
      events.open(this.list.row(index));
    });
    this.body.addEventListener('pointerover', (event) => {
      const index = indexOf(event.target);
      if (index !== undefined) events.point(this.list.row(index), this.drawn.get(index)!);
    });
    this.body.addEventListener('pointerleave', () => events.point(undefined, this.element));
    new ResizeObserver(() => this.drawSoon()).observe(this.element);
  }

  get scrollTop(): number {
    return this.element.scrollTop;
  }

  /** Shows a list from its start, or scrolled to `scrollTop`. */
  show(list: RowList, label: string, scrollTop = 0): void {
    this.list = list;
    this.active = -1;
    this.element.removeAttribute('aria-activedescendant');
    this.element.ariaLabel = label;
    this.element.ariaRowCount = String(list.count + 1);
    this.element.ariaColCount = String(list.columns.length);
    // Head and rows are separate grids, so widths cannot depend on the content: the column's name must fit.
    const widths = list.columns.map(({ name, isNumber }) =>
      isNumber ? `minmax(${Math.max(4, 0.6 + 0.55 * name.length)}em, 1fr)` : 'minmax(6em, 2fr)',
    );
    this.element.style.setProperty('--columns', widths.join(' '));
    this.head.replaceChildren(
      ...list.columns.map(({ name, isNumber }) =>
        make('span', { textContent: name, className: isNumber ? 'number' : '', role: 'columnheader' }),
      ),
    );
    this.body.style.height = `${list.count * ROW_HEIGHT}px`;
    this.drawn.clear();
    this.body.replaceChildren();
    this.element.scrollTop = scrollTop;
    this.draw();
  }

  private draw(): void {
    const { scrollTop, clientHeight } = this.element;
    const shown = rowWindow(this.list.count, ROW_HEIGHT, scrollTop, clientHeight);
    const spare: HTMLElement[] = [];
    for (const [index, element] of this.drawn) {
      if (isIn(shown, index)) continue;
      this.drawn.delete(index);
      spare.push(element);
    }
    for (let index = shown.first; index < shown.end; index++) {
      if (this.drawn.has(index)) continue;
      const element = spare.pop() ?? this.makeRow();
      this.fill(element, index);
      this.drawn.set(index, element);
    }
    for (const element of spare) element.remove();
  }

  private makeRow(): HTMLElement {
    const cells = this.list.columns.map(({ isNumber }) =>
      make('span', { className: isNumber ? 'number' : 'text', role: 'gridcell' }),
    );
    const element = make('div', { className: 'row', role: 'row' }, ...cells);
    this.body.append(element);
    return element;
  }

  private fill(element: HTMLElement, index: number): void {
    const { cells, kind } = this.list.row(index);
    element.id = `row-${index}`;
    element.dataset['index'] = String(index);
    element.ariaRowIndex = String(index + 2);
    element.classList.toggle('active', index === this.active);
    if (kind === undefined) delete element.dataset['kind'];
    else element.dataset['kind'] = kind;
    element.style.transform = `translateY(${index * ROW_HEIGHT}px)`;
    for (const [i, text] of cells.entries()) element.children[i]!.textContent = text;
  }

  private key(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.element.clientHeight / ROW_HEIGHT) - 2);
    const last = this.list.count - 1;
    const targets: Record<string, number> = {
      ArrowDown: this.active + 1,
      ArrowUp: this.active - 1,
      PageDown: this.active + page,
      PageUp: this.active - page,
      Home: 0,
      End: last,
    };
    const target = targets[event.key];
    if (target !== undefined && last >= 0) {
      event.preventDefault();
      this.activate(Math.max(0, Math.min(last, target)));
    } else if ((event.key === 'Enter' || event.key === ' ') && this.active >= 0) {
      event.preventDefault();
      this.events.open(this.list.row(this.active));
    } else if (event.key === 'Escape') {
      this.events.point(undefined, this.element);
    }
  }

  private activate(index: number, isPointed = true): void {
    this.drawn.get(this.active)?.classList.remove('active');
    this.active = index;
    const { scrollTop, clientHeight } = this.element;
    const height = clientHeight - ROW_HEIGHT;
    this.element.scrollTop = scrollToRow(index, ROW_HEIGHT, scrollTop, height);
    this.draw();
    const element = this.drawn.get(index);
    if (element === undefined) return;
    element.classList.add('active');
    this.element.setAttribute('aria-activedescendant', element.id);
    if (isPointed) this.events.point(this.list.row(index), element);
  }
}

function isIn({ first, end }: RowWindow, index: number): boolean {
  return index >= first && index < end;
}

function indexOf(target: EventTarget | null): number | undefined {
  const row = target instanceof Element ? target.closest<HTMLElement>('.row[data-index]') : null;
  return row === null ? undefined : Number(row.dataset['index']);
}
