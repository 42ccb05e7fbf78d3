export { Tokenizer } from './tokenizer';
export { TokenOffsets } from './offsets';
export type { TextPosition } from './utf16';
