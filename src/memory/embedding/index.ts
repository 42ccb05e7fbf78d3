export { EmbeddingShelf } from './shelf';
export { LineEmbeddings } from './lineEmbeddings';
export { quantize } from './pieces';
