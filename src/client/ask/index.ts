export { AskController } from './controller';
