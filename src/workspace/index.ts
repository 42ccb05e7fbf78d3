export { fileSkipped } from './errors';
export { pathOf, uriOf, WorkspaceFile } from './file';
export type { FileKey } from './file';
export { loadDocument, skippedBy } from './load';
export type { LoadedDocument } from './load';
export { Reader } from './reader';
export * from './schedule';
export { Workspace } from './workspace';
export type { FileObserver } from './workspace';
