export { Engine } from './engine';
export { EngineView } from './readingEngine';
export type { ReadingEngine, WrittenNotes } from './readingEngine';
export { measureFidelity } from './fidelity';
export type { FidelitySource } from './fidelity';
export { AttentionMass } from './attention';
export { DecoderView } from './decoder';
export type { AppendOptions, Decoder } from './decoder';
export { ReadLog } from './reads';
export type { MemoryRead } from './reads';
export { firstNonBlank, isLineEnd, isWhiteSpace } from './bytes';
export { candidateLines, isHopeless, linesFile, scoreLines } from './lines';
export type { CandidatesOptions, LineCandidate, LineWeights, ScoredLine } from './lines';
export { bytesPerToken, NgramMatcher, TokenIndex, WorkspaceIndex } from './ngram';
export type { OtherFilesIndex } from './ngram';
export { answerQuestion, toTrainedWording, appendQuestion, questionPrompt } from './answer';
export type { QuestionDecoders } from './answer';
export { collect, generate } from './generate';
export type { GenerateEnd, GenerateOptions } from './generate';
export { cursorLine } from './stops';
export type { CursorLine, Stop } from './stops';
export { askWeightsFile, loadManifest, verifyFiles } from './manifest';
export type { ModelConfig } from './config';
export type { JsonReader } from './json';
export { prefill } from './prefill';
export type { PrefillOptions } from './prefill';
export type { Provider } from './session';
export {
  archiveArrays,
  archiveBytes,
  archiveLimit,
  bestSlots,
  copyArchived,
  copyFirst,
  readNotes,
  withoutArchives,
  writeNote,
} from './archive';
export { bitsOf, pack, scaleOf, unpack } from './rounding';
export type { Packed } from './rounding';
export { emptyArchiveRows, emptyPool, emptyRows, initialState } from './state';
export type { Archive, ArchiveRows, ModelState, NotePool, RecentRows } from './state';
export { TokenOffsets, Tokenizer } from './tokenizer';
