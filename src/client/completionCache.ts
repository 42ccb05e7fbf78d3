/** An offer, and the text around the cursor at that time. */
export interface CachedOffer {
  uri: string;
  before: string;
  after: string;
  insertText: string;
}

const MAX_OFFERS = 20;

/** Recent offers: typing along one, or going back to where it was made, needs no new computation. */
export class CompletionCache {
  private readonly offers: CachedOffer[] = [];

  add(offer: CachedOffer): void {
    this.offers.unshift(offer);
    this.offers.length = Math.min(this.offers.length, MAX_OFFERS);
  }

  /**
   * The rest of an offer after some of it was typed; undefined when no offer fits the text on both sides of the cursor.
   *
   * @param isAutomatic false: somebody asks, who wants more than what was offered unasked
   */
  find(uri: string, before: string, after: string, isAutomatic = true): string | undefined {
    if (!isAutomatic) return undefined;
    for (const offer of this.offers) {
      if (offer.uri !== uri || offer.after !== after) continue;
      const typed = before.length - offer.before.length;
      if (typed < 0 || typed >= offer.insertText.length || !before.startsWith(offer.before)) continue;
      if (offer.insertText.startsWith(before.slice(offer.before.length))) return offer.insertText.slice(typed);
    }
    return undefined;
  }
}
