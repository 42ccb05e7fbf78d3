export { AskController } from './controller';
export { failure, noFileInFront, summary } from './labels';
