import { fill, formatCount } from '../../common/charts';
import { firstAtLeast } from '../../common/search';
import type { MemoryViewModel, MemoryViewLabels, AttendedResult } from '../../protocol';
import { make } from '../elements';
import { oncePerFrame } from './oncePerFrame';
import { drawStrip, GUTTER, rowAt, stripHeight } from './stripDrawing';
import { moved, showing, zoomed, type StripRange } from './stripRange';

export interface StripEvents {
  open: (note: number) => void;
  /** The mouse or keyboard is at a note (index into the view model's notes); undefined when it has left. */
  point: (note: number | undefined, near: { x: number; y: number }) => void;
  /** Another range of the document is shown. */
  ranged: (range: StripRange) => void;
}

/**
 * The map of the file: a row per layer, with bars as high as the number of notes in each part of the text. Drawn on a canvas, so that
 * neither the length of the file nor the number of notes matters. One Tab stop, where arrow keys move from note to note.
 */
export class Strip {
  readonly element = make('div', { className: 'strip', tabIndex: 0, role: 'slider', ariaValueMin: '0' });
  private readonly canvas = make('canvas', {});
  private viewModel: MemoryViewModel | null = null;
  private attended: AttendedResult['files'][number] | undefined;
  private byLayer: { positions: number[]; notes: number[] }[] = [];
  private range: StripRange = { from: 0, to: 1 };
  /** The note with keyboard focus. */
  private cursor = -1;
  readonly drawSoon = oncePerFrame(() => this.draw());
  private drag: { x: number; range: StripRange; isMoved: boolean } | undefined;

  constructor(
    private readonly labels: MemoryViewLabels,
    private readonly events: StripEvents,
  ) {
    const { element } = this;
    element.append(this.canvas);
    element.ariaLabel = labels.map;
    element.ariaDescription = labels.mapHelp;
    element.addEventListener('keydown', (event) => this.key(event));
    element.addEventListener('blur', () => events.point(undefined, { x: 0, y: 0 }));
    element.addEventListener('pointerdown', (event) => {
      this.drag = { x: event.offsetX, range: this.range, isMoved: false };
      element.setPointerCapture(event.pointerId);
    });
    element.addEventListener('pointermove', (event) => this.pointed(event));
    element.addEventListener('pointerup', (event) => {
      const wasMoved = this.drag?.isMoved === true;
      this.drag = undefined;
      const note = this.nearest(event.offsetX, event.offsetY);
      if (wasMoved || note === undefined) return;
      this.cursor = note;
      this.tell();
      events.open(note);
    });
    element.addEventListener('pointerleave', () => events.point(undefined, { x: 0, y: 0 }));
    element.addEventListener(
      'wheel',
      (event) => {
        if (!event.ctrlKey && !event.shiftKey) return;
        event.preventDefault();
        const by = event.deltaY === 0 ? event.deltaX : event.deltaY;
        if (event.ctrlKey) this.zoom(by > 0 ? 1.25 : 0.8, this.tokenAt(event.offsetX));
        else this.setRange(moved(this.range, this.tokens, (by / 400) * (this.range.to - this.range.from)));
      },
      { passive: false },
    );
    new ResizeObserver(() => this.drawSoon()).observe(element);
  }

  /** Whether nothing has been shown yet. */
  get isEmpty(): boolean {
    return this.viewModel === null;
  }

  /** The shown range, unless it is the whole document. */
  get shownRange(): StripRange | undefined {
    return this.range.from === 0 && this.range.to === this.tokens ? undefined : this.range;
  }

  show(
    viewModel: MemoryViewModel | null,
    attended: AttendedResult['files'][number] | undefined,
    range?: StripRange,
  ): void {
    const isOther = viewModel?.tokens !== this.viewModel?.tokens;
    this.viewModel = viewModel;
    this.attended = attended;
    this.byLayer = (viewModel?.layers ?? []).map(() => ({ positions: [], notes: [] }));
    viewModel?.notes.position.forEach((position, i) => {
      const layer = this.byLayer[viewModel.notes.layer[i]!]!;
      layer.positions.push(position);
      layer.notes.push(i);
    });
    if (isOther || range) {
      this.range = range && range.to <= this.tokens ? range : { from: 0, to: this.tokens };
      this.cursor = -1;
    }
    this.element.style.height = `${stripHeight(this.byLayer.length)}px`;
    this.element.ariaValueMax = String(this.tokens);
    this.tell();
    this.drawSoon();
  }

  zoom(factor: number, around = (this.range.from + this.range.to) / 2): void {
    this.setRange(zoomed(this.range, this.tokens, around, factor));
  }

  zoomReset(): void {
    this.setRange({ from: 0, to: this.tokens });
  }

  /** Draws immediately. */
  draw(): void {
    const { viewModel, range, attended } = this;
    if (viewModel === null) return;
    const cursor = this.cursor < 0 ? undefined : viewModel.notes.position[this.cursor];
    drawStrip(this.canvas, this.element, {
      range,
      layers: this.byLayer.map(({ positions }, i) => ({
        name: String(viewModel.layers[i]! + 1),
        positions,
        attended: attendedCountOf(attended, i),
      })),
      checkpoints: viewModel.checkpoints,
      recentFrom: viewModel.recentFrom,
      cursor,
    });
  }

  private get tokens(): number {
    return Math.max(1, this.viewModel?.tokens ?? 1);
  }

  private setRange(range: StripRange): void {
    this.range = range;
    this.events.ranged(range);
    this.drawSoon();
  }

  private tokenAt(x: number): number {
    const share = (x - GUTTER) / Math.max(1, this.element.clientWidth - GUTTER);
    return this.range.from + Math.max(0, Math.min(1, share)) * (this.range.to - this.range.from);
  }

  /** The note in the row under the pointer that is closest to it, if one is close enough. */
  private nearest(x: number, y: number): number | undefined {
    const layer = this.byLayer[rowAt(y)];
    if (layer === undefined) return undefined;
    const token = this.tokenAt(x);
    const at = firstAtLeast(layer.positions, token);
    const distance = (i: number): number => Math.abs((layer.positions[i] ?? Infinity) - token);
    const best = distance(at) < distance(at - 1) ? at : at - 1;
    const reach = ((this.range.to - this.range.from) / Math.max(1, this.element.clientWidth - GUTTER)) * 6;
    return distance(best) <= Math.max(1, reach) ? layer.notes[best] : undefined;
  }

  private pointed(event: PointerEvent): void {
    const { drag } = this;
    if (drag) {
      if (Math.abs(event.offsetX - drag.x) > 4) drag.isMoved = true;
      if (!drag.isMoved) return;
      const perPixel = (drag.range.to - drag.range.from) / Math.max(1, this.element.clientWidth - GUTTER);
      this.setRange(moved(drag.range, this.tokens, (drag.x - event.offsetX) * perPixel));
      return;
    }
    const note = this.nearest(event.offsetX, event.offsetY);
    this.element.classList.toggle('on-note', note !== undefined);
    this.events.point(note, { x: event.clientX, y: event.clientY });
  }

  private key(event: KeyboardEvent): void {
    const notes = this.viewModel?.notes.position ?? [];
    const last = notes.length - 1;
    if (last < 0) return;
    const tenth = Math.max(1, Math.round(last / 10));
    const targets: Record<string, number> = {
      ArrowRight: this.cursor + 1,
      ArrowDown: this.cursor + 1,
      ArrowLeft: this.cursor - 1,
      ArrowUp: this.cursor - 1,
      PageDown: this.cursor + tenth,
      PageUp: this.cursor - tenth,
      Home: 0,
      End: last,
    };
    const target = targets[event.key];
    if (target !== undefined) this.moveTo(Math.max(0, Math.min(last, target)));
    else if (event.key === '+' || event.key === '=') this.zoom(0.5, notes[this.cursor]);
    else if (event.key === '-') this.zoom(2, notes[this.cursor]);
    else if (event.key === '0') this.zoomReset();
    else if ((event.key === 'Enter' || event.key === ' ') && this.cursor >= 0) this.events.open(this.cursor);
    else return;
    event.preventDefault();
  }

  private moveTo(note: number): void {
    const { viewModel } = this;
    if (viewModel === null) return;
    this.cursor = note;
    this.range = showing(this.range, this.tokens, viewModel.notes.position[note]!);
    this.tell();
    this.drawSoon();
    const { left, bottom, width } = this.element.getBoundingClientRect();
    const share = (viewModel.notes.position[note]! - this.range.from) / (this.range.to - this.range.from);
    this.events.point(note, { x: left + GUTTER + share * (width - GUTTER), y: bottom });
  }

  /** Announces the cursor's position to screen readers. */
  private tell(): void {
    const { viewModel, cursor } = this;
    const position = viewModel?.notes.position[cursor] ?? 0;
    this.element.ariaValueNow = String(position);
    if (viewModel === null || cursor < 0) {
      this.element.ariaValueText = this.labels.mapHelp;
      return;
    }
    const { text, line, layer } = viewModel.notes;
    const where = line[cursor]! < 0 ? this.labels.fileName : formatCount(line[cursor]! + 1);
    const value = fill(this.labels.mapPlace, text[cursor]!.trim(), where, viewModel.layers[layer[cursor]!]! + 1);
    this.element.ariaValueText = value;
  }
}

/** Positions of a layer's notes that received noticeable attention, each once, ascending. */
function attendedCountOf(attended: AttendedResult['files'][number] | undefined, layer: number): number[] {
  if (attended === undefined) return [];
  const { notes } = attended;
  const strong = notes.position.filter((_, i) => notes.layer[i] === layer && notes.peak[i]! >= 0.02);
  return [...new Set(strong)].sort((a, b) => a - b);
}
