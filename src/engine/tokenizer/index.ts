export { Tokenizer } from './tokenizer';
export { TokenOffsets } from './offsets';
