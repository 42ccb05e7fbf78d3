import { logSumExp } from './logProbs';
import type { Tokenizer } from './tokenizer';

/**
 * Natural log of the probability from which on a token may cut the word at the cursor otherwise than it is cut as it stands, without
 * reaching beyond it: `u` of `une`, which would be `u|nevitable`. Of a name that the model did not expect it would else write pieces
 * that it never read, as one letter is always likelier than several, and not know the name again.
 */
const EXPECTED = -4;

/**
 * The tokens that a text with some beginning can start with ({@link Tokenizer.fitting}), and logits [vocabSize] to choose among them: those
 * of cuts that the model does not expect are -Infinity.
 */
export function fittingChoices(
  tokenizer: Tokenizer,
  begin: Uint8Array,
  logits: Float32Array,
): { ids: Uint32Array; logits: Float32Array } {
  const ids = tokenizer.fitting(begin);
  const [own] = tokenizer.encode(begin);
  const least = logSumExp(logits) + EXPECTED;
  const isCutAnew = (id: number): boolean => id !== own && tokenizer.tokenBytes(id).length < begin.length;
  const weighed = logits.slice();
  for (const id of ids) if (weighed[id]! < least && isCutAnew(id)) weighed[id] = -Infinity;
  return { ids, logits: weighed };
}
