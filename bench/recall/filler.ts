import type { Engine, ModelState } from '../../src/engine';
import { seededRandom } from '../../src/engine/random';
import { isCode, joined, type Corpus } from '../corpus';
import { readBlocks, type ReadTimes } from '../reading';
import { inRandomOrder } from '../statistics';

/** Cached states per filler: continuing from one is the same as reading from the start. */
const KEPT_STATES = 32;

/** Real code of whole packages as one long text, in which facts are hidden. */
export class Filler {
  private readonly kept: ModelState[] = [];

  /** @param ids header and text */
  constructor(
    private readonly engine: Engine,
    readonly ids: Uint32Array,
    readonly headerTokens: number,
  ) {}

  /** The state after the last complete block at or before `position`, read once and cached. */
  async stateBefore(position: number, times: ReadTimes, signal: AbortSignal | undefined): Promise<ModelState> {
    const { blockSize } = this.engine.config;
    const boundary = position - (position % blockSize);
    const nearest = this.kept.reduce(
      (best, state) => (state.position <= boundary && state.position >= best.position ? state : best),
      this.engine.initialState(),
    );
    if (nearest.position === boundary) return nearest;
    const { state } = await readBlocks(this.engine, nearest, this.ids.subarray(nearest.position, boundary), {
      times,
      signal,
    });
    this.kept.push(state);
    if (this.kept.length > KEPT_STATES) this.kept.shift();
    return state;
  }

  /**
   * Position of a line end at or before `position` where a definition can be inserted; the end of the header at the
   * earliest.
   */
  lineEndBefore(position: number): number {
    for (let at = Math.min(position, this.ids.length - 1); at > this.headerTokens; at--) {
      if (this.engine.tokenizer.tokenBytes(this.ids[at]!)[0] === 0x0a) return at;
    }
    return this.headerTokens;
  }
}

/** Builds fillers: the held-out packages in order, starting with another one each time. */
export class Fillers {
  private readonly texts = new Map<string, Uint32Array>();

  constructor(
    private readonly engine: Engine,
    private readonly corpus: Corpus,
    private readonly seed: number,
  ) {}

  /**
   * @param tokens minimum length
   * @throws Error when the corpus is too small: no text is repeated in a document
   */
  make(index: number, tokens: number): Filler {
    const { tokenizer } = this.engine;
    const packages = this.corpus.packages.filter(({ files }) => files.some(({ path }) => isCode(path)));
    const order = inRandomOrder(packages, seededRandom(this.seed * 1000 + index));
    const header = tokenizer.encode(Buffer.from('bundle.ts\n'));
    const parts: Uint32Array[] = [Uint32Array.of(tokenizer.special('<|path|>'), ...header)];
    let length = parts[0]!.length;
    for (const one of order) {
      if (length >= tokens) break;
      const ids = this.encode(one.package, joined(one.files.filter(({ path }) => isCode(path))));
      parts.push(ids);
      length += ids.length;
    }
    if (length < tokens) {
      throw new Error(
        `${this.corpus.source} holds ${length} tokens of code, ${tokens} are needed: fetch more with npm run held-out`,
      );
    }
    const all = new Uint32Array(length);
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return new Filler(this.engine, all.slice(0, tokens), parts[0]!.length);
  }

  private encode(name: string, text: string): Uint32Array {
    const ids = this.texts.get(name) ?? this.engine.tokenizer.encode(Buffer.from(text, 'utf8'));
    this.texts.set(name, ids);
    return ids;
  }
}
