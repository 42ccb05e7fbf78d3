export { AskController } from './controller';
export { askMemory } from './request';
