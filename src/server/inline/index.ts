export { InlineCompleter } from './inlineCompleter';
export type { InlineOutcome } from './inlineCompleter';
