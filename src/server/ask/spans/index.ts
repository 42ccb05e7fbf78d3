export { lineSpans } from './lineSpans';
export type { Definition, Span, SpanKind } from './span';
export { definitionsOf, spansOf } from './spans';
