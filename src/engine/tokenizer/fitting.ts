import { firstAtLeast } from '../../common';
import type { Vocabulary } from './vocabulary';

/** Sorts after every byte. */
const afterEveryByte = '\u0100';

/** Finds the tokens that a text can start with when only its beginning is given. */
export class FittingTokens {
  /** Ordinary tokens as latin-1 text, sorted by their bytes, with the id of each. */
  private readonly texts: string[];
  private readonly ids: Uint32Array;
  private readonly idOf: ReadonlyMap<string, number>;
  private readonly longest: number;

  constructor({ bytes }: Vocabulary) {
    const idOf = new Map<string, number>();
    for (const [id, token] of bytes.entries()) if (token.length > 0) idOf.set(latin1(token), id);
    // Without a comparison function, which would take most of the time, strings are sorted by code units: here, by bytes.
    this.texts = [...idOf.keys()].sort();
    this.ids = Uint32Array.from(this.texts.map((text) => idOf.get(text)!));
    this.idOf = idOf;
    this.longest = this.texts.reduce((longest, { length }) => Math.max(longest, length), 0);
  }

  /**
   * @param beginning at least one byte
   * @returns ids, ascending, of the tokens that start with all of it or are a prefix of it; never a special token, and never
   * empty, since every byte is a token
   */
  of(beginning: Uint8Array): Uint32Array {
    const text = latin1(beginning);
    const from = firstAtLeast(this.texts, text);
    const to = firstAtLeast(this.texts, text + afterEveryByte);
    const parts: number[] = [];
    for (let length = 1; length < text.length && length <= this.longest; length++) {
      const id = this.idOf.get(text.slice(0, length));
      if (id !== undefined) parts.push(id);
    }
    const found = new Uint32Array(parts.length + to - from);
    found.set(parts);
    found.set(this.ids.subarray(from, to), parts.length);
    return found.sort();
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
