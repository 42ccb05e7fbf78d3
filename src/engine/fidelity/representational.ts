import type { ModelConfig } from '../config';
import type { ModelState } from '../state';
import { cosine } from './linear';
import type { Probe } from './probe';
import { readMemory } from './read';

/** ETMF-a of one token. */
export interface Recovered {
  /** Cosine of what memory retrieves with the token's embedding. */
  readonly withMemory: number;
  /** The same for an empty memory. */
  readonly withNothing: number;
}

/**
 * Recovers a token from the memory at the end of its text.
 * @param keys the token's note key in each note layer ([noteWidth])
 * @param target direction of its embedding, from `Probe.targets`
 */
export function recoverToken(
  config: ModelConfig,
  probe: Pick<Probe, 'heads' | 'recover'>,
  state: Pick<ModelState, 'pools' | 'recent'>,
  keys: readonly Float32Array[],
  target: Float32Array,
): Recovered {
  const read = new Float32Array(probe.recover.fanIn);
  const nothing = new Float32Array(probe.recover.fanIn);
  keys.forEach((key, layer) => {
    read.set(readMemory(config, state, layer, probe.heads[layer]!, key), layer * config.noteWidth);
    // With no rows, all the weight falls on the null slot.
    nothing.set(probe.heads[layer]!.nullValue, layer * config.noteWidth);
  });
  return {
    withMemory: cosine(probe.recover.apply(read), target),
    withNothing: cosine(probe.recover.apply(nothing), target),
  };
}
