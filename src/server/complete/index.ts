export { completeAt, readPrefix, startAtCursor, writeCompletion } from './complete';
export type { Completion, CompleteOptions } from './complete';
export { scoredCandidates, isAtLineEnd, MAX_CANDIDATES, meanLogProb } from './lines';
export { appendLine, firstSuffixTokens, lastBoundary } from './start';
export type { Start } from './start';
export { isInsideCharacter, wholeCharacters } from './text';
