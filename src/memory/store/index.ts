export { DEFAULT_QUOTA, MemoryStore } from './memoryStore';
export type { MemoryStoreOptions, StateMeta, StoreStats } from './memoryStore';
export type { StoreMode } from './openBackend';
export { defaultCacheFolder } from './cacheFolder';
