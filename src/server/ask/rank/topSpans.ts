/** A span that was found, with its file (or whatever stands for it). */
export interface Found<F> {
  file: F;
  span: number;
  score: number;
}

/** The best of many spans. Those with a score of 0 are left out. */
export class TopSpans<F> {
  /** Ascending; most spans fail at the first comparison. */
  private readonly best: Found<F>[] = [];

  constructor(private readonly limit: number) {}

  offer(file: F, span: number, score: number): void {
    const { best } = this;
    if (score <= this.least) return;
    if (best.length === this.limit) best.shift();
    let at = best.length;
    while (at > 0 && best[at - 1]!.score > score) at--;
    best.splice(at, 0, { file, span, score });
  }

  /** Offers all spans of a file. */
  offerAll(file: F, scores: Float32Array): void {
    let { least } = this;
    for (let span = 0; span < scores.length; span++) {
      const score = scores[span]!;
      if (score <= least) continue;
      this.offer(file, span, score);
      least = this.least;
    }
  }

  /** Best first. */
  list(): Found<F>[] {
    return this.best.toReversed();
  }

  /** The score to exceed. */
  private get least(): number {
    return this.best.length < this.limit ? 0 : this.best[0]!.score;
  }
}
