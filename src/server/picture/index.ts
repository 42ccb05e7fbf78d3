export { knowsEvicted, memoryPicture } from './picture';
export { fileRecall } from './recall';
