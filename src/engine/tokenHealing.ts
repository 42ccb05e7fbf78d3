import { logSumExp } from './logProbs';
import type { Tokenizer } from './tokenizer';

/**
 * Natural log of the probability from which on a token may cut the word at the cursor otherwise than it is cut as it stands, without
 * reaching beyond it: `u` of `une`, which would be `u|nevitable`. Of a name that the model did not expect it would else write pieces
 * that it never read, as one letter is always likelier than several, and not know the name again.
 */
const EXPECTED = -4;

/**
 * The tokens that a text with some beginning can start with ({@link Tokenizer.fitting}), without the cuts that the model does not expect;
 * how the beginning is cut as it stands is always among them.
 *
 * @param logits [vocabSize] of the next token
 */
export function expectedFitting(tokenizer: Tokenizer, heldBack: Uint8Array, logits: Float32Array): Uint32Array {
  const [own] = tokenizer.encode(heldBack);
  const least = logSumExp(logits) + EXPECTED;
  const isCutAnew = (id: number): boolean => id !== own && tokenizer.tokenBytes(id).length < heldBack.length;
  return tokenizer.fitting(heldBack).filter((id) => logits[id]! >= least || !isCutAnew(id));
}
