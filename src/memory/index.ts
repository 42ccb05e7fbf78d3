export * from './source';
export * from './store';
export { FileMemory, FileReading, ReadInterruptedError, tokenize } from './fileMemory';
export type { MemoryDocument, ReadOptions, ReadProgress, ReadText, TokenizedDocument } from './fileMemory';
export { LineEmbeddings } from './embedding';
export { NoteLog } from './state/noteLog';
export { packedBytes, packState, unpackState } from './state/packedState';
export type { PackedState } from './state/packedState';
