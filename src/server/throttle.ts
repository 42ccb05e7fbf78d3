/** Does something soon after it is called for, but not more often than once in an interval. */
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

  /** Nothing is done any more until the next call. */
  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
