import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isWhiteSpace } from '../bytes';
import { modelFileMissing } from '../errors';
import { FittingTokens } from './fitting';
import { openWordLength, keepsApart } from './openWord';
import { Merger } from './merge';
import { wordEnd } from './split';
import { parseVocabulary, type Vocabulary } from './vocabulary';
import { WordCache } from './wordCache';

/** Tokens at the end of a word that may change when it continues: `my|Vari|ab` becomes `my|Variable`. */
const HELD_BACK_TOKENS = 2;

/**
 * Converts text to token ids and back, exactly as in training. Works on raw bytes: any file can be encoded and decoded without
 * loss.
 */
export class Tokenizer {
  /** SHA-256 of the file: two tokenizers with the same id tokenize alike. */
  readonly id: string;
  private readonly vocabulary: Vocabulary;
  private readonly merger: Merger;
  private readonly cache = new WordCache();
  private readonly names: ReadonlyMap<number, string>;
  private fittingTokens: FittingTokens | undefined;

  /** @throws UserError `model-file-invalid` when the text is no byte-level BPE tokenizer. */
  constructor(file: string, text: string) {
    this.id = createHash('sha256').update(text).digest('hex');
    this.vocabulary = parseVocabulary(file, text);
    this.merger = new Merger(this.vocabulary);
    this.names = new Map(Array.from(this.vocabulary.specials, ([name, id]) => [id, name]));
  }

  /** @throws UserError `model-file-missing` or `model-file-invalid`. */
  static async load(file: string): Promise<Tokenizer> {
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      throw modelFileMissing(file, error);
    }
    return new Tokenizer(file, text);
  }

  /** Number of token ids, including special ones. */
  get vocabSize(): number {
    return this.vocabulary.bytes.length;
  }

  /**
   * Token ids of a text given as bytes (UTF-8 or not). Never returns a special token. For a JavaScript string use
   * `Buffer.from(text)`, which turns lone surrogates into U+FFFD.
   */
  encode(bytes: Uint8Array): Uint32Array {
    const { cache, merger } = this;
    let ids: Uint32Array<ArrayBuffer> = new Uint32Array(Math.ceil(bytes.length / 3) + 16);
    let count = 0;
    for (let start = 0; start < bytes.length;) {
      const end = wordEnd(bytes, start);
      if (count + (end - start) > ids.length) {
        const larger = new Uint32Array(Math.max(ids.length * 2, count + end - start));
        larger.set(ids);
        ids = larger;
      }
      if (end - start > cache.longest) {
        count += merger.encode(bytes, start, end, ids, count);
      } else {
        const known = cache.read(bytes, start, end, ids, count);
        if (known > 0) {
          count += known;
        } else {
          const made = merger.encode(bytes, start, end, ids, count);
          cache.write(bytes, start, end, ids, count, made);
          count += made;
        }
      }
      start = end;
    }
    return ids.slice(0, count);
  }

  /**
   * How many bytes at the end of a text to hold back and pass to `generate` as `heldBack`, because their word may continue (see {@link
   * openWordLength}). Of a word of many tokens, only the last ones: what follows seldom changes others, and a model that writes a long
   * name again may split it differently from how it was read. The remaining tokens are a prefix of those of the whole text.
   */
  heldBackLength(text: Uint8Array): number {
    const whole = openWordLength(text);
    if (whole === 0 || isWhiteSpace(text.at(-1)!)) return whole;
    const tokens = this.encode(text.subarray(text.length - whole));
    let held = 0;
    for (let i = tokens.length - 1; i >= 0; i--) {
      if (tokens.length - 1 - i >= HELD_BACK_TOKENS && keepsApart(text, text.length - held)) break;
      held += this.tokenBytes(tokens[i]!).length;
    }
    return held;
  }

  /** Ids, ascending, of the ordinary tokens that start with these bytes (at least one) or are a prefix of them. */
  fitting(beginning: Uint8Array): Uint32Array {
    this.fittingTokens ??= new FittingTokens(this.vocabulary);
    return this.fittingTokens.of(beginning);
  }

  /**
   * The bytes of some token ids; special tokens have none.
   * @throws RangeError for an id that is not in the vocabulary.
   */
  decode(ids: Uint32Array): Uint8Array {
    let length = 0;
    for (const id of ids) length += this.tokenBytes(id).length;
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const id of ids) {
      const token = this.vocabulary.bytes[id]!;
      bytes.set(token, at);
      at += token.length;
    }
    return bytes;
  }

  /** Bytes of one token, empty for a special one. Must not be modified. @throws RangeError for an unknown id. */
  tokenBytes(id: number): Uint8Array {
    const bytes = this.vocabulary.bytes[id];
    if (bytes === undefined) throw new RangeError(`token ${id} is not in the vocabulary of ${this.vocabSize}`);
    return bytes;
  }

  /** Id of a special token, with or without its bars: `eof` or `<|eof|>`. @throws RangeError for an unknown name. */
  special(name: string): number {
    const id = this.vocabulary.specials.get(name) ?? this.vocabulary.specials.get(`<|${name}|>`);
    if (id === undefined) throw new RangeError(`the tokenizer has no special token ${name}`);
    return id;
  }

  /** Name of a special token (`<|eof|>`), undefined for an ordinary one. */
  specialName(id: number): string | undefined {
    return this.names.get(id);
  }

  /** Ids of all special tokens, ascending. */
  get specialIds(): number[] {
    return [...this.names.keys()].toSorted((a, b) => a - b);
  }
}
