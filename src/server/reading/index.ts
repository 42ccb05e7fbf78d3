export { keyOf, LibraryFile, pathOf, uriOf } from './file';
export type { FileKey } from './file';
export { Library } from './library';
export { Reader } from './reader';
export { countStates } from './tree';
export { fileSkipped } from './errors';
