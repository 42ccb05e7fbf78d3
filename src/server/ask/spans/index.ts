export { grammars, languageOf } from './languages';
export type { Definition, Span, SpanKind } from './span';
export { definitionsOf, spansOf } from './spans';
