export { knowsEvicted, memoryPicture, sizeOf } from './picture';
export { fileRecall } from './recall';
