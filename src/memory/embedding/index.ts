export { EmbeddingShelf } from './shelf';
export type { EmbeddedText } from './shelf';
export { LineEmbeddings } from './lineEmbeddings';
export { quantize } from './pieces';
