export { DEFAULT_QUOTA, MemoryStore } from './memoryStore';
export type { MemoryStoreOptions, StoreEntry, StoreStats } from './memoryStore';
export { defaultCacheFolder } from './cacheFolder';
