import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pace, Priority, Scheduler } from '../../../../src/workspace';

const priorities = fc.constantFrom(...Object.values(Priority));
const nextLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Scheduler', () => {
  it('gives each turn to the waiting task of the highest priority, the oldest of them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ priority: priorities, steps: fc.integer({ min: 1, max: 5 }) }), {
          minLength: 1,
          maxLength: 8,
        }),
        async (tasks) => {
          const scheduler = new Scheduler();
          const order: { task: number; priority: Priority }[] = [];
          await Promise.all(
            tasks.map(({ priority, steps }, task) =>
              scheduler.run({ priority: () => priority }, async (turn) => {
                for (let step = 0; step < steps; step++) {
                  await turn();
                  order.push({ task, priority });
                }
              }),
            ),
          );
          // All tasks wait from the start, so the turns come sorted by priority, then age.
          const expected = tasks
            .map(({ priority, steps }, task) => ({ task, priority, steps }))
            .sort((a, b) => a.priority - b.priority || a.task - b.task)
            .flatMap(({ task, priority, steps }) => Array.from({ length: steps }, () => ({ task, priority })));
          expect(order).toEqual(expected);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('never runs two steps at a time, and lets an urgent task wait for one step at most', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 4 }), async (delay, background) => {
        const scheduler = new Scheduler();
        const controller = new AbortController();
        let running = 0;
        let steps = 0;
        const step = async (): Promise<void> => {
          expect(++running).toBe(1);
          await nextLoop();
          running--;
          steps++;
        };
        const reading = Array.from({ length: background }, () =>
          scheduler
            .run({ priority: () => Priority.workspace, signal: controller.signal }, async (turn) => {
              for (;;) {
                await turn();
                await step();
              }
            })
            .catch(() => 'stopped'),
        );
        for (let i = 0; i < delay; i++) await nextLoop();
        const before = steps;
        await scheduler.run({ priority: () => Priority.completion }, async (turn) => {
          await turn();
          expect(steps - before).toBeLessThanOrEqual(1);
          await step();
        });
        controller.abort();
        expect(await Promise.all(reading)).toEqual(reading.map(() => 'stopped'));
      }),
      { numRuns: 40 },
    );
  });

  it('settles every task, whenever it is cancelled, and goes on with the others', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ priority: priorities, cancelAfter: fc.option(fc.integer({ min: 0, max: 12 })) }), {
          minLength: 1,
          maxLength: 6,
        }),
        async (tasks) => {
          const scheduler = new Scheduler();
          const results = await Promise.all(
            tasks.map(async ({ priority, cancelAfter }) => {
              const controller = new AbortController();
              const work = scheduler.run({ priority: () => priority, signal: controller.signal }, async (turn) => {
                for (let step = 0; step < 4; step++) {
                  await turn();
                  await nextLoop();
                }
                return 'done';
              });
              if (cancelAfter !== null) {
                void (async () => {
                  for (let i = 0; i < cancelAfter; i++) await nextLoop();
                  controller.abort();
                })();
              }
              return work.catch((error: unknown) => (error as Error).name);
            }),
          );
          for (const [i, result] of results.entries()) {
            if (tasks[i]!.cancelAfter === null) expect(result).toBe('done');
            else expect(['done', 'AbortError']).toContain(result);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('gives the turn back when a task fails', async () => {
    const scheduler = new Scheduler();
    const failing = scheduler.run({ priority: () => Priority.open }, async (turn) => {
      await turn();
      throw new Error('broken');
    });
    await expect(failing).rejects.toThrow('broken');
    await scheduler.run({ priority: () => Priority.workspace }, (turn) => turn());
  });

  it('refuses a step after its task has ended', async () => {
    let kept: (() => Promise<void>) | undefined;
    await new Scheduler().run({ priority: () => Priority.open }, async (turn) => {
      kept = turn;
      await turn();
    });
    await expect(kept!()).rejects.toThrow(/after its task had ended/);
  });

  it('asks for the priority at each turn: a file that comes to the front is read first', async () => {
    const scheduler = new Scheduler();
    const order: string[] = [];
    let priority: Priority = Priority.workspace;
    const late = scheduler.run({ priority: () => priority }, async (turn) => {
      await turn();
      order.push('came to the front');
    });
    const other = scheduler.run({ priority: () => Priority.open }, async (turn) => {
      await turn();
      order.push('other');
    });
    priority = Priority.active;
    await Promise.all([late, other]);
    expect(order).toEqual(['came to the front', 'other']);
  });
});

describe('Pace', () => {
  it('holds reading while paused, and lets completions and questions through', async () => {
    const pace = new Pace();
    const scheduler = new Scheduler(pace);
    pace.pausedByUser = true;
    let isRead = false;
    const reading = scheduler.run({ priority: () => Priority.active }, async (turn) => {
      await turn();
      isRead = true;
    });
    await scheduler.run({ priority: () => Priority.ask }, (turn) => turn());
    await nextLoop();
    expect(isRead).toBe(false);
    pace.pausedByUser = false;
    scheduler.wake();
    await reading;
    expect(isRead).toBe(true);
  });

  it('rests so long that reading has its share of the time', () => {
    const pace = new Pace();
    pace.share = 0.25;
    expect(pace.restAfter(Priority.workspace, 30)).toBeCloseTo(90);
    expect(pace.restAfter(Priority.active, 30)).toBe(0);
  });

  it('keeps the workspace back while the user works', () => {
    const pace = new Pace();
    expect(pace.mayRun(Priority.workspace)).toBe(true);
    pace.noteActivity();
    expect(pace.mayRun(Priority.workspace)).toBe(false);
    expect(pace.mayRun(Priority.open)).toBe(true);
  });
});
