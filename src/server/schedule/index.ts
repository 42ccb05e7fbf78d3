export { Priority, Scheduler } from './scheduler';
export type { Pacing, TaskOptions, Turn } from './scheduler';
export { Pace } from './pace';
export { ScheduledEngine, watchingStates } from './turnTaking';
