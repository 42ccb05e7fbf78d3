import { commonLength } from '../../common';
import type { MemoryRead } from '../../engine';
import { ATTENDED_SHARE } from '../../protocol';

/**
 * How often the tokens of one document were attended to, by note layer and position. Positions move with the text: tokens before
 * or after an edit keep their counts, edited ones lose them.
 */
export class AttendedCounts {
  completions = 0;
  answers = 0;
  private layers: Map<number, number>[] = [];
  private tokens: Uint32Array = new Uint32Array(0);

  /** How often a note was attended to. @param layer index of the note layer */
  of(layer: number, position: number): number {
    return this.layers[layer]?.get(position) ?? 0;
  }

  /** Updates the document's tokens. */
  follow(tokens: Uint32Array): void {
    const before = this.tokens;
    if (before === tokens) return;
    this.tokens = tokens;
    const head = commonLength(before, tokens);
    if (head === before.length) return;
    const room = Math.min(before.length, tokens.length) - head;
    let tail = 0;
    while (tail < room && before[before.length - 1 - tail] === tokens[tokens.length - 1 - tail]) tail++;
    const moved = tokens.length - before.length;
    this.layers = this.layers.map((counts) => {
      const next = new Map<number, number>();
      for (const [position, count] of counts) {
        if (position < head) next.set(position, count);
        else if (position >= before.length - tail) next.set(position + moved, count);
      }
      return next;
    });
  }

  /**
   * Counts what a completion or answer attended to: each note once, if one token gave it {@link ATTENDED_SHARE} of a
   * read.
   *
   * @param tokens of the document at that time, at least up to the last note
   */
  add(of: 'completion' | 'answer', reads: readonly MemoryRead[], tokens: Uint32Array): void {
    const shared = commonLength(this.tokens, tokens);
    // A completion sees only the text before the cursor, which says nothing about the rest.
    if (of === 'answer' || shared === this.tokens.length) this.follow(tokens);
    const known = this.tokens === tokens ? tokens.length : shared;
    if (of === 'answer') this.answers++;
    else this.completions++;
    const attended = new Map<string, { noteLayer: number; position: number }>();
    for (const { notes } of reads) {
      for (const { noteLayer, position, peak } of notes) {
        if (peak < ATTENDED_SHARE || position >= known) continue;
        attended.set(`${noteLayer} ${position}`, { noteLayer, position });
      }
    }
    for (const { noteLayer, position } of attended.values()) {
      const counts = (this.layers[noteLayer] ??= new Map<number, number>());
      counts.set(position, (counts.get(position) ?? 0) + 1);
    }
  }
}
