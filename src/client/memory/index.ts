export { MemoryController } from './controller';
