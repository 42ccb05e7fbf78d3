/** Order of access to the processor. Lower numbers go first. */
export const Priority = { completion: 0, ask: 1, active: 2, open: 3, workspace: 4 } as const;

export type Priority = (typeof Priority)[keyof typeof Priority];

/**
 * Waits for the next step's turn and returns the previous one. Work calls it before each step (at most one block of tokens).
 *
 * @throws the signal's reason when the work was cancelled; Error after the task has ended
 */
export type Turn = () => Promise<void>;

export interface TaskOptions {
  /** Evaluated at each turn, since a file being read may become active in the meantime. */
  priority: () => Priority;
  signal?: AbortSignal | undefined;
}

/** Decides how long reading pauses. */
export interface Pacing {
  /** Whether a task of this priority may take a turn now; when this changes, call {@link Scheduler.wake}. */
  mayRun(priority: Priority): boolean;
  /** Milliseconds that a task of this priority must rest after a step of this length. */
  restAfter(priority: Priority, milliseconds: number): number;
}

interface Waiting {
  order: number;
  priority: () => Priority;
  /** No turn before this time. */
  notBefore: number;
  grant: () => void;
}

/** Turns of the event loop before reading continues: two, since a message that has just arrived is handled one turn later. */
const LOOP_TURNS = 2;

/**
 * Shares one processor among tasks, step by step: a running step is never interrupted, and the next step goes to the waiting task of
 * the highest priority (the oldest of them). So an urgent task waits for at most one step.
 */
export class Scheduler {
  private readonly waiting = new Set<Waiting>();
  private holder: object | undefined;
  private choosing = false;
  private timer: NodeJS.Timeout | undefined;
  private tasks = 0;
  private readonly running = new Set<Promise<unknown>>();
  private readonly closing = new AbortController();

  constructor(private readonly pacing: Pacing = { mayRun: () => true, restAfter: () => 0 }) {}

  /** Runs work that takes turns. Settles when the work does, also when it is cancelled while waiting. */
  run<T>(options: TaskOptions, work: (turn: Turn) => Promise<T>): Promise<T> {
    const task = this.perform(options, work);
    this.running.add(task);
    const done = (): void => void this.running.delete(task);
    task.then(done, done);
    return task;
  }

  /** Ends all tasks before their next step, and waits until they have settled. */
  async close(): Promise<void> {
    this.closing.abort();
    await Promise.allSettled(this.running);
  }

  private async perform<T>(options: TaskOptions, work: (turn: Turn) => Promise<T>): Promise<T> {
    const { priority } = options;
    const signal = options.signal ? AbortSignal.any([options.signal, this.closing.signal]) : this.closing.signal;
    const task = { order: this.tasks++ };
    let stepStarted = 0;
    let rest = 0;
    const giveBack = (): void => {
      if (this.holder !== task) return;
      this.holder = undefined;
      rest = this.pacing.restAfter(priority(), performance.now() - stepStarted);
      this.choose();
    };
    let isOver = false;
    const turn: Turn = async () => {
      if (isOver) throw new Error('a step was taken after its task had ended');
      giveBack();
      signal.throwIfAborted();
      await this.wait(task, priority, performance.now() + rest, signal);
      stepStarted = performance.now();
    };
    try {
      return await work(turn);
    } finally {
      isOver = true;
      giveBack();
    }
  }

  /** Re-evaluates who may run: call it when the pacing has changed. */
  wake(): void {
    this.choose();
  }

  private wait(
    task: { order: number },
    priority: () => Priority,
    notBefore: number,
    signal: AbortSignal,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.waiting.delete(entry);
        signal.removeEventListener('abort', abort);
      };
      const abort = (): void => {
        leave();
        reject(signal.reason as Error);
      };
      const entry: Waiting = {
        order: task.order,
        priority,
        notBefore,
        grant: () => {
          leave();
          this.holder = task;
          resolve();
        },
      };
      this.waiting.add(entry);
      signal.addEventListener('abort', abort, { once: true });
      this.choose();
    });
  }

  /** Grants the next turn, after giving the event loop a chance to deliver something more urgent. */
  private choose(): void {
    if (this.choosing || this.holder !== undefined || this.waiting.size === 0) return;
    this.choosing = true;
    let turns = LOOP_TURNS;
    const next = (): void => {
      if (--turns > 0) {
        setImmediate(next);
        return;
      }
      this.choosing = false;
      this.grantNext();
    };
    setImmediate(next);
  }

  private grantNext(): void {
    if (this.holder !== undefined) return;
    const now = performance.now();
    let best: Waiting | undefined;
    let bestPriority = Infinity;
    let earliest = Infinity;
    for (const entry of this.waiting) {
      const priority = entry.priority();
      if (!this.pacing.mayRun(priority)) continue;
      if (entry.notBefore > now) {
        earliest = Math.min(earliest, entry.notBefore);
        continue;
      }
      if (priority < bestPriority || (priority === bestPriority && entry.order < best!.order)) {
        best = entry;
        bestPriority = priority;
      }
    }
    clearTimeout(this.timer);
    if (best) best.grant();
    else if (earliest < Infinity) this.timer = setTimeout(() => this.choose(), Math.ceil(earliest - now));
  }
}
