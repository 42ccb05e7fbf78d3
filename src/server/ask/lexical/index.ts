export { fieldWeights, MAX_TERMS, searchWords, type FieldWeights, type SearchResult, type SpanScore } from './bm25';
export { FIELDS, fieldTexts, spanText, type Field } from './fields';
export { fileTerms, spansWithTerm, type FileTerms } from './fileTerms';
export { Vocabulary } from './vocabulary';
