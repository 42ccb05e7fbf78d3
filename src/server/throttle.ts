/** Calls a function soon after it is requested, but at most once per interval. */
export class Throttle {
  private timer: NodeJS.Timeout | undefined;
  private last = 0;

  constructor(
    private readonly interval: number,
    private readonly work: () => void,
  ) {}

  call(): void {
    if (this.timer !== undefined) return;
    const wait = Math.max(0, this.last + this.interval - performance.now());
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.last = performance.now();
      this.work();
    }, wait);
  }

  /** Stops until the next call. */
  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
