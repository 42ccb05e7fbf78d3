export { AskController } from './controller';
export { askMemory } from './request';
export { failure, noFileInFront, summary } from './words';
