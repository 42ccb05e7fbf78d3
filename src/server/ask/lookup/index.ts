export { fieldWeights, searchWords, type FieldWeights, type SearchResult, type SpanScore } from './bm25';
export { fieldTexts, spanText } from './fields';
export { spansWithTerm } from './fileTerms';
export { SpanIndex, type IndexedFile } from './spanIndex';
