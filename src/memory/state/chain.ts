import { createHash } from 'node:crypto';
import { CODEC_VERSION } from './sections';

/**
 * What a state depends on besides the tokens: the weights and graph, the tokenizer, and the format in which states are
 * stored.
 */
export interface ChainRoot {
  modelId: string;
  tokenizerId: string;
}

/**
 * The keys of a document's states: `keys[i]` names the state after `i` complete blocks, `key(i) = sha256(key(i-1),
 * tokens of block i)`, `key(0) = sha256(model, tokenizer, codec version)`. Equal prefixes have equal keys, whatever the
 * file is called.
 *
 * @param tokens header and text of the document; a trailing incomplete block has no key
 * @param grid tokens per block: the distance between positions of states
 * @returns `floor(tokens.length / grid) + 1` keys of 32 bytes
 */
export function chainKeys(root: ChainRoot, tokens: Uint32Array, grid: number): Buffer[] {
  let key = createHash('sha256')
    .update(`memmamba chain\0${root.modelId}\0${root.tokenizerId}\0${CODEC_VERSION}\0${grid}`)
    .digest();
  const keys = [key];
  const blocks = Math.floor(tokens.length / grid);
  for (let block = 0; block < blocks; block++) {
    const run = tokens.subarray(block * grid, (block + 1) * grid);
    key = createHash('sha256')
      .update(key)
      .update(new Uint8Array(run.buffer, run.byteOffset, run.byteLength))
      .digest();
    keys.push(key);
  }
  return keys;
}
