export { knowsEvicted, memoryViewModel } from './memoryViewModel';
export { attendedFile } from './attendedFile';
