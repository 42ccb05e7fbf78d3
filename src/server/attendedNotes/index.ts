export { AttendedCounts } from './counts';
export { AttendedNotesLog } from './attendedNotesLog';
export type { Offered, AttendedDocument, AttendedSource } from './attendedNotesLog';
