export { DEFAULT_QUOTA, MemoryStore } from './memoryStore';
export type { MemoryStoreOptions, StateMeta, StoreEntry, StoreStats } from './memoryStore';
export type { StoreMode } from './openBackend';
export { defaultCacheFolder } from './cacheFolder';
