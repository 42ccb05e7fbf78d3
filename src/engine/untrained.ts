import type { Tokenizer } from './tokenizer';

/** Padding and reserved tokens never occurred in training, so their logits mean nothing. */
export function untrained(tokenizer: Tokenizer): number[] {
  return tokenizer.specialIds.filter((id) => /^<\|(pad|reserved_\d+)\|>$/.test(tokenizer.specialName(id)!));
}
