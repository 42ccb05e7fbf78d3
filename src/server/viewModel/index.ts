export { noteColumns } from './columns';
export { keptNotes, knowsEvicted, memoryViewModel } from './memoryViewModel';
export { attendedFile } from './attendedFile';
