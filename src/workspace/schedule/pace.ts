import { Priority, type Pacing } from './scheduler';

/** After the user typed or requested something, the rest of the workspace waits this long. Milliseconds. */
const QUIET_TIME = 1500;

/** How fast files are read in the background: depends on the settings, and on whether the machine runs on battery. */
export class Pace implements Pacing {
  /** The user paused reading. */
  pausedByUser = false;
  /** The machine runs on battery, and reading should pause then. */
  pausedByBattery = false;
  /** Share of time that reading may keep the processor busy, 0 to 1. The active file is read at full speed. */
  share = 1;
  private busyUntil = 0;

  /** Whether background reading is paused. Explicit requests continue. */
  get isPaused(): boolean {
    return this.pausedByUser || this.pausedByBattery;
  }

  /** The user is active: reading the workspace is postponed. @returns when to check again, in milliseconds */
  noteActivity(): number {
    this.busyUntil = performance.now() + QUIET_TIME;
    return QUIET_TIME;
  }

  mayRun(priority: Priority): boolean {
    if (priority <= Priority.ask) return true;
    if (this.isPaused) return false;
    return priority !== Priority.workspace || performance.now() >= this.busyUntil;
  }

  restAfter(priority: Priority, milliseconds: number): number {
    if (priority <= Priority.active || this.share >= 1) return 0;
    return milliseconds * (1 / Math.max(this.share, 0.01) - 1);
  }
}
