export { EngineTasks } from './engineTasks';
export { Pace } from './pace';
export type { ScheduledEngine } from './scheduledEngine';
export { Priority, Scheduler } from './scheduler';
