export { EmbeddingCache } from './embeddingCache';
export type { EmbeddedText } from './embeddingCache';
export { LineEmbeddings } from './lineEmbeddings';
