import type { Reranker } from './reranker';

/** A reranker that is opened when it is first asked for, once, and closed with whoever holds this. */
export class LazyReranker {
  private opening: Promise<Reranker | undefined> | undefined;
  private opened: Reranker | undefined;

  /** @param open does not throw, as `openReranker` */
  constructor(private readonly open: () => Promise<Reranker | undefined>) {}

  /** What was opened; undefined before that, and when there is none. */
  get ifOpen(): Reranker | undefined {
    return this.opened;
  }

  /** Opens it, unless that was done. @returns undefined when there is none, and behind {@link close} */
  get(): Promise<Reranker | undefined> {
    this.opening ??= this.open().then((reranker) => (this.opened = reranker));
    return this.opening;
  }

  /** Frees it, also when it is still opening. Nothing may be running. Again does nothing. */
  async close(): Promise<void> {
    const { opening } = this;
    this.opening = Promise.resolve(undefined);
    const reranker = await opening;
    this.opened = undefined;
    await reranker?.dispose();
  }
}
