export { handleAsk } from './ask';
export { handleDefinition } from './definition';
export { handleDocuments } from './documents';
export { handleFidelity } from './fidelity';
export { handleInline } from './inline';
export { handleMemoryPanel } from './memoryPanel';
export { handleReading } from './reading';
export { WorkspaceFollower } from './workspace';
export type { ClientAbilities } from './workspace';
