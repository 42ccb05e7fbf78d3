export { AttendedCounts } from './counts';
export { AttendedNotesLog } from './attendedNotesLog';
export type { AttendedDocument } from './attendedNotesLog';
