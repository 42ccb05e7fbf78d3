import MiniSearch from 'minisearch';

const LINES = 12;
const STEP = 6;
/** Number of lines before the cursor that form the query. */
const QUERY_LINES = 10;

/** Whole identifiers and their parts: `readBlock` is found by `block` too. */
function terms(text: string): string[] {
  const words = text.match(/[A-Za-z_$][\w$]*/g) ?? [];
  return words.flatMap((word) => {
    const parts = word.split(/[_$]+|(?<=[a-z0-9])(?=[A-Z])/).filter((part) => part.length > 1);
    return [word, ...parts].map((one) => one.toLowerCase());
  });
}

/** BM25 over pieces of a text, as an editor without memory finds context for a completion. */
export class Snippets {
  private readonly index = new MiniSearch<{ id: number; text: string }>({ fields: ['text'], tokenize: terms });
  private readonly pieces: { start: number; end: number; text: string }[] = [];

  constructor(text: string) {
    const lines = text.split('\n');
    let start = 0;
    for (let i = 0; i < lines.length; i += STEP) {
      const piece = lines.slice(i, i + LINES).join('\n');
      this.pieces.push({ start, end: start + piece.length, text: piece });
      start += lines.slice(i, i + STEP).join('\n').length + 1;
    }
    this.index.addAll(this.pieces.map((piece, id) => ({ id, text: piece.text })));
  }

  /**
   * The best pieces that end before `limit`, best first, not overlapping.
   * @param before text before the cursor: its last lines are the query
   * @param limit UTF-16 offset of the window, which the model sees anyway
   */
  find(before: string, limit: number, count: number): string[] {
    const query = before.split('\n').slice(-QUERY_LINES).join('\n');
    const chosen: { start: number; end: number; text: string }[] = [];
    for (const { id } of this.index.search(query, { filter: ({ id }) => this.pieces[id as number]!.end <= limit })) {
      const piece = this.pieces[id as number]!;
      if (chosen.some((one) => one.start < piece.end && piece.start < one.end)) continue;
      chosen.push(piece);
      if (chosen.length === count) break;
    }
    return chosen.map(({ text }) => text);
  }
}
