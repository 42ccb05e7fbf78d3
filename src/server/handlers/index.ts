export { handleAsk } from './ask';
export { handleDocuments } from './documents';
export { handleInline } from './inline';
export { handleMemory } from './memory';
export { handleReading } from './reading';
export { WorkspaceFollower } from './workspace';
export type { ClientAbilities } from './workspace';
