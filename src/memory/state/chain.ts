import { createHash } from 'node:crypto';
import { CODEC_VERSION } from './codec';

/** What decides a state besides the tokens: the weights and graph, the tokenizer, and the form in which states are stored. */
export interface ChainRoot {
  modelId: string;
  tokenizerId: string;
}

/**
 * The keys of a document's states: `keys[i]` names the state after `i` whole blocks,
 * `key(i) = sha256(key(i-1), tokens of block i)`, `key(0) = sha256(model, tokenizer, codec version)`.
 * Equal prefixes have equal keys, whatever the file is called.
 *
 * @param tokens header and text of the document; a last incomplete block has no key
 * @param blockSize tokens per block
 * @returns `floor(tokens.length / blockSize) + 1` keys of 32 bytes
 */
export function chainKeys(root: ChainRoot, tokens: Uint32Array, blockSize: number): Buffer[] {
  let key = createHash('sha256')
    .update(`memmamba chain\0${root.modelId}\0${root.tokenizerId}\0${CODEC_VERSION}\0${blockSize}`)
    .digest();
  const keys = [key];
  const blocks = Math.floor(tokens.length / blockSize);
  for (let block = 0; block < blocks; block++) {
    const run = tokens.subarray(block * blockSize, (block + 1) * blockSize);
    key = createHash('sha256')
      .update(key)
      .update(new Uint8Array(run.buffer, run.byteOffset, run.byteLength))
      .digest();
    keys.push(key);
  }
  return keys;
}
