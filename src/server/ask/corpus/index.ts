export { SpanIndex, type IndexedFile } from './spanIndex';
