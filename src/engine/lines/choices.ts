import { firstNonBlank, isLineEnd } from '../bytes';
import { expectedFitting } from '../tokenHealing';
import { logSumExp } from '../logProbs';
import type { Tokenizer } from '../tokenizer';
import { untrained } from '../untrained';

/** What may come next in a line. */
export interface Choice {
  /** Undefined = the line ends here. */
  readonly id: number | undefined;
  /** Natural log, among all possible choices. */
  readonly logProb: number;
}

/** Choices with a log probability below this are not worth a branch, unless they are the best. */
const MIN_LOG_PROB = -5;

/** Maximum number of choices. */
const MAX_CHOICES = 6;

/** Tells what may come next. Created once per tokenizer. */
export class LineChoices {
  private readonly isBanned: Uint8Array;
  private readonly endsLine: Uint8Array;

  constructor(private readonly tokenizer: Tokenizer) {
    this.isBanned = new Uint8Array(tokenizer.vocabSize);
    this.endsLine = new Uint8Array(tokenizer.vocabSize);
    for (const id of untrained(tokenizer)) this.isBanned[id] = 1;
    for (let id = 0; id < tokenizer.vocabSize; id++) {
      const isSpecial = tokenizer.specialName(id) !== undefined;
      const ends = isSpecial ? this.isBanned[id] === 0 : isLineEnd(firstNonBlank(tokenizer.tokenBytes(id)));
      this.endsLine[id] = Number(ends);
    }
  }

  /**
   * The likeliest choices, best first. All line ends count as one: whether the next line is indented or blank does not matter here.
   *
   * @param logits [vocabSize] of the next token
   * @param heldBack what the text must start with; the line does not end before that is written
   * @param mayEnd false: the line must not end here either
   */
  among(logits: Float32Array, heldBack: Uint8Array, mayEnd = true): Choice[] {
    const { isBanned, endsLine, tokenizer } = this;
    const isFree = heldBack.length === 0;
    const writesText = (id: number): boolean =>
      !isLineEnd(firstNonBlank(tokenizer.tokenBytes(id).subarray(heldBack.length)));
    const fitting = isFree ? undefined : expectedFitting(tokenizer, heldBack, logits);
    const ids = mayEnd ? fitting : fitting?.filter(writesText);
    const never = (id: number): boolean => isBanned[id] === 1 || (!mayEnd && endsLine[id] === 1);
    const allowed = ids ? pick(logits, ids) : logits.map((logit, id) => (never(id) ? -Infinity : logit));
    const norm = logSumExp(allowed);
    // Where nothing is likely, take the best.
    const least = Math.min(MIN_LOG_PROB, allowed.reduce((most, logit) => Math.max(most, logit), -Infinity) - norm);
    const choices: Choice[] = [];
    const ends: number[] = [];
    allowed.forEach((logit, i) => {
      const id = ids?.[i] ?? i;
      if (isFree && endsLine[id]) {
        if (mayEnd) ends.push(logit);
      } else if (logit - norm >= least && tokenizer.specialName(id) === undefined)
        choices.push({ id, logProb: logit - norm });
    });
    const logProb = ends.length > 0 ? logSumExp(Float32Array.from(ends)) - norm : -Infinity;
    if (logProb >= least) choices.push({ id: undefined, logProb });
    return choices.sort((a, b) => b.logProb - a.logProb).slice(0, MAX_CHOICES);
  }
}

function pick(logits: Float32Array, ids: Uint32Array): Float32Array {
  return Float32Array.from(ids, (id) => logits[id]!);
}
