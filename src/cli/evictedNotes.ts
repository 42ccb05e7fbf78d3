import { throwIfAborted } from '../common';
import type { ModelConfig } from '../engine';
import { retainedTokens, type FileReading, type RetainedToken } from '../memory';

/** A note that once had a slot and was displaced by better ones. */
export interface EvictedNote extends RetainedToken {
  /** Tokens read when it was last seen in its pool. */
  readonly until: number;
}

/**
 * The notes that are in stored states along the file but not at its end, the most important first. What came and went between two
 * stored states is not seen.
 * @throws signal.reason between two states after an abort
 */
export async function evictedNotes(
  reading: FileReading,
  config: ModelConfig,
  signal: AbortSignal,
): Promise<EvictedNote[]> {
  const { headerTokens, offsets, tokens, bytes } = reading;
  const at = ({ layer, position }: RetainedToken): string => `${layer} ${position}`;
  const kept = new Set(retainedTokens(reading, config).map(at));
  const lost = new Map<string, EvictedNote>();
  for (const until of reading.checkpoints) {
    throwIfAborted(signal);
    const state = await reading.stateAt(until, signal);
    for (const note of retainedTokens({ state, headerTokens, offsets, tokens, bytes }, config)) {
      if (!kept.has(at(note))) lost.set(at(note), { ...note, until });
    }
  }
  return [...lost.values()].sort((a, b) => b.score - a.score || a.position - b.position || a.layer - b.layer);
}
