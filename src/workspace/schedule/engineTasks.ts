import type { ReadingEngine } from '../../engine';
import { ScheduledEngine } from './scheduledEngine';
import type { Scheduler, TaskOptions } from './scheduler';

/** Tasks of one engine: each works with its own view, which waits for the task's turns. */
export class EngineTasks {
  /**
   * @param engine without scheduling: for what takes no time
   * @param measured told how long each block took
   */
  constructor(
    readonly engine: ReadingEngine,
    readonly scheduler: Scheduler,
    private readonly measured?: (milliseconds: number) => void,
  ) {}

  /**
   * Runs work step by step. The view is valid for this work only. Settles when the work does, also when it is cancelled while waiting.
   */
  run<T>(options: TaskOptions, work: (engine: ScheduledEngine) => Promise<T>): Promise<T> {
    return this.scheduler.run(options, (turn) => work(new ScheduledEngine(this.engine, turn, this.measured)));
  }
}
