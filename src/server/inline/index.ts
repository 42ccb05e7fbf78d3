export { InlineCompleter } from './inlineCompleter';
export type { InlineOutcome } from './inlineCompleter';
export { OtherFiles } from './otherFiles';
