import { basename } from 'node:path';
import { certainty as certaintyOf, longestMatchLength, maxMatchLength } from '../src/engine/ngram';
import type { OtherFilesIndex, NgramMatch } from '../src/engine/ngram';
import { commonLength } from '../src/common';
import { prefill, type Engine, type ModelState } from '../src/engine';
import { lastBoundary } from '../src/server/complete';
import type { Hole } from './holes';
import { placesIn, type Kind } from './linePlaces';
import type { Candidate, Step } from './ngramFit';
import type { WorkFile } from './ngramFiles';

/** One completion: the steps along the true text, and whether copying would have been right. */
export interface Case {
  kind: Kind;
  steps: Step[];
  copying: boolean;
  copyingWorkspace: boolean;
}

/** Number of the model's likeliest tokens that are candidates; all others form one more candidate. */
const TOP = 16;

/** Number of matched tokens that are candidates, the longest matches first: in the file, and in other files. */
const FOLLOWED = 24;

/** Longest middle. Tokens. */
const MAX_STEPS = 40;

/** Completes lines of one file as the product does, with the true text so far as input. */
export async function casesOf(engine: Engine, work: WorkFile, random: () => number): Promise<Case[]> {
  const { bytes, otherFiles, places } = placesIn(engine, work, random);
  const walk = new Walk(engine, basename(work.file.path), bytes);
  const cases: Case[] = [];
  for (const { kind, start, end, copying, copyingPackage } of places) {
    const steps = await walk.along({ start, end }, otherFiles);
    cases.push({ kind, copying, copyingWorkspace: copyingPackage, steps });
  }
  return cases;
}

/** One file, completed at successive places from the top down. */
class Walk {
  private states: ModelState[];
  private tokens: Uint32Array = new Uint32Array(0);

  constructor(
    private readonly engine: Engine,
    private readonly name: string,
    private readonly bytes: Buffer,
  ) {
    this.states = [engine.initialState()];
  }

  async along({ start, end }: Hole, otherFiles: OtherFilesIndex): Promise<Step[]> {
    const { engine, bytes } = this;
    const { tokenizer, config } = engine;
    const before = bytes.subarray(0, start);
    const shown = before.length - tokenizer.heldBackLength(before);
    const header = [tokenizer.special('<|path|>'), ...tokenizer.encode(Buffer.from(`${this.name}\n`, 'utf8'))];
    const tokens = Uint32Array.of(...header, ...tokenizer.encode(before.subarray(0, shown)));
    const after = bytes.subarray(end);
    const boundary = lastBoundary(tokens, config.blockSize);
    const decoder = await engine.decoder(await this.stateAt(tokens, boundary), tokens.subarray(boundary));
    const index = engine.index(tokens, tokenizer.encode(after));
    const last = Array.from(tokens.subarray(-maxMatchLength));
    const ahead = tokenizer.encode(bytes.subarray(shown, end + 200));
    let heldBack: Uint8Array = bytes.subarray(shown, start);
    const steps: Step[] = [];
    for (let at = shown, i = 0; at <= end && i < Math.min(ahead.length, MAX_STEPS); i++) {
      const wanted = ahead[i]!;
      const allowed = heldBack.length > 0 ? tokenizer.fitting(heldBack) : undefined;
      const followed = index.matches(last);
      const candidates = candidatesOf(engine, decoder.logits, allowed, index.occurs, {
        followed,
        otherFiles: otherFiles.matches(last),
      });
      steps.push({
        candidates,
        certainty: certaintyOf(decoder.logits),
        longest: longestMatchLength(followed),
        wanted: candidates.findIndex(({ id }) => id === wanted),
        atLineEnd: at === end,
      });
      const { length } = tokenizer.tokenBytes(wanted);
      at += length;
      heldBack = heldBack.subarray(Math.min(heldBack.length, length));
      last.push(wanted);
      if (at <= end) await decoder.append(Uint32Array.of(wanted));
    }
    return steps;
  }

  /**
   * Continues from the last state whose text is a prefix of the tokens: a held-back word may have changed the tokens at
   * the end.
   */
  private async stateAt(tokens: Uint32Array, boundary: number): Promise<ModelState> {
    const shared = Math.min(boundary, commonLength(this.tokens, tokens));
    this.states = this.states.filter(({ position }) => position <= shared || position === 0);
    const nearest = this.states.at(-1)!;
    const state = await prefill(this.engine, nearest, tokens.subarray(nearest.position, boundary));
    if (state !== nearest) this.states = [...this.states.slice(-2), state];
    if (this.states[0]!.position > 0) this.states.unshift(this.engine.initialState());
    this.tokens = tokens;
    return state;
  }
}

function candidatesOf(
  { tokenizer }: Engine,
  logits: Float32Array,
  allowed: Uint32Array | undefined,
  occurs: Uint8Array,
  found: { followed: readonly NgramMatch[]; otherFiles: readonly NgramMatch[] },
): Candidate[] {
  const ids = allowed ?? Uint32Array.from(logits.keys());
  const top = ids.reduce((most, id) => Math.max(most, logits[id]!), -Infinity);
  const norm = top + Math.log(ids.reduce((sum, id) => sum + Math.exp(logits[id]! - top), 0));
  const isAllowed = new Set(allowed);
  const best = <T extends NgramMatch>(list: readonly T[]): Map<number, T> =>
    new Map(
      list
        .filter(({ id }) => allowed === undefined || isAllowed.has(id))
        .sort((a, b) => b.length - a.length || b.share - a.share)
        .slice(0, FOLLOWED)
        .map((one) => [one.id, one]),
    );
  const [followed, otherFiles] = [best(found.followed), best(found.otherFiles)];
  const likeliest = ids.toSorted((a, b) => logits[b]! - logits[a]!).subarray(0, TOP);
  return [...new Set([...likeliest, ...followed.keys(), ...otherFiles.keys()])].map((id) => ({
    id,
    logProb: logits[id]! - norm,
    occurs: occurs[id] === 1,
    followed: followed.get(id),
    elsewhere: otherFiles.get(id),
    endsLine: tokenizer.specialName(id) !== undefined || [0x0a, 0x0d].includes(tokenizer.tokenBytes(id)[0] ?? -1),
  }));
}
