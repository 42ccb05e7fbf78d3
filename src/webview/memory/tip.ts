import { make } from '../elements';

/** A tooltip about a note, with its line of text. */
export class Tip {
  readonly element = make('div', { className: 'tip', id: 'tip', role: 'tooltip', hidden: true });
  private readonly about = make('p', {});
  private readonly text = make('pre', {});
  private wanted: number | undefined;
  private timer: number | undefined;

  /** @param ask requests the text of a line from the extension */
  constructor(private readonly ask: (uri: string, line: number) => void) {
    this.element.append(this.about, this.text);
  }

  show(about: string, uri: string, line: number, at: { x: number; y: number }): void {
    this.about.textContent = about;
    if (this.wanted !== line) this.text.textContent = '';
    this.text.hidden = this.text.textContent === '';
    this.wanted = line;
    this.element.hidden = false;
    const { width, height } = this.element.getBoundingClientRect();
    const left = Math.max(4, Math.min(at.x + 12, window.innerWidth - width - 8));
    const below = at.y + 16;
    const top = below + height + 24 > window.innerHeight ? Math.max(4, at.y - height - 40) : below;
    this.element.style.left = `${left}px`;
    this.element.style.top = `${top}px`;
    window.clearTimeout(this.timer);
    // A pointer that only passes by causes no request.
    if (line >= 0) this.timer = window.setTimeout(() => this.ask(uri, line), 60);
  }

  /** The text of a line has arrived. */
  peeked(line: number, text: string): void {
    if (line !== this.wanted) return;
    this.text.textContent = text.trim();
    this.text.hidden = text.trim() === '';
  }

  hide(): void {
    window.clearTimeout(this.timer);
    this.wanted = undefined;
    this.element.hidden = true;
  }
}
