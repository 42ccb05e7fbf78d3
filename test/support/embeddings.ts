import type { Engine } from '../../src/engine';

/**
 * The model's embedding of each token of a text, read block by block from the start, without src/memory.
 *
 * @returns [tokens, embeddingWidth]
 */
export async function tokenEmbeddings(engine: Engine, tokens: Uint32Array): Promise<Float32Array> {
  const { blockSize, embeddingWidth } = engine.config;
  const all = new Float32Array(tokens.length * embeddingWidth);
  let state = engine.initialState();
  for (let at = 0; at < tokens.length; at += blockSize) {
    const ids = tokens.subarray(at, at + blockSize);
    all.set(await engine.embed(state, ids), at * embeddingWidth);
    if (ids.length === blockSize) state = await engine.readBlock(state, ids);
  }
  return all;
}

/** The sum of the embeddings [tokens, width] of some tokens; `end` is exclusive. */
export function sumOfTokens(embeddings: Float32Array, width: number, first: number, end: number): Float64Array {
  const total = new Float64Array(width);
  for (let token = first; token < end; token++) {
    for (let i = 0; i < width; i++) total[i]! += embeddings[token * width + i]!;
  }
  return total;
}
