import { logSumExp } from './logProbs';
import type { Tokenizer } from './tokenizer';

/**
 * Log probability from which a token may cut the held-back word differently from its usual tokenization without reaching beyond it:
 * `u` of `une`, which would be `u|nevitable`. Otherwise, for a name the model did not expect, it would write pieces it never read,
 * since one letter is always likelier than several, and would not recognise the name.
 */
const EXPECTED = -4;

/**
 * The tokens a text with this beginning can start with ({@link Tokenizer.fitting}), without the cuts the model does not expect; the usual
 * tokenization of the beginning is always among them.
 *
 * @param logits [vocabSize] of the next token
 */
export function expectedFitting(tokenizer: Tokenizer, heldBack: Uint8Array, logits: Float32Array): Uint32Array {
  const [own] = tokenizer.encode(heldBack);
  const least = logSumExp(logits) + EXPECTED;
  const isCutAnew = (id: number): boolean => id !== own && tokenizer.tokenBytes(id).length < heldBack.length;
  return tokenizer.fitting(heldBack).filter((id) => logits[id]! >= least || !isCutAnew(id));
}
