export { RecallCounts } from './counts';
export { Recalls } from './recalls';
export type { Offered, Recalled, RecallSource } from './recalls';
