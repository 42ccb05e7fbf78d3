import { DocumentTree } from '../grammar';

/** A tree, and the part of its text that a completion takes the place of. */
export interface TreeAt {
  tree: DocumentTree;
  start: number;
  end: number;
}

/** Documents whose trees are kept: the one that is typed in, and the one before. */
const KEPT = 2;

/** A text of so many characters is parsed while someone waits; of a longer one, a part of this length is. */
const WINDOW = 40_000;

/** An edit whose tree takes longer makes the tree anew. Milliseconds. */
const LONGEST_UPDATE = 1000;

/** The syntax trees of the documents in which the user types. */
export class DocumentTrees {
  /** The latest last. */
  private readonly kept = new Map<string, DocumentTree>();
  private readonly coming = new Map<string, AbortController>();

  forget(key: string): void {
    this.coming.get(key)?.abort();
    this.kept.get(key)?.delete();
    this.kept.delete(key);
  }

  /** Makes the tree of a document before anybody asks for it. */
  async prepare(key: string, text: string, grammar: string): Promise<void> {
    if (this.current(key, text) !== undefined || this.coming.has(key)) return;
    const controller = new AbortController();
    this.coming.set(key, controller);
    try {
      const tree = await DocumentTree.of(text, grammar, controller.signal);
      if (controller.signal.aborted) tree.delete();
      else this.keep(key, tree);
    } catch (error) {
      if (!controller.signal.aborted) throw error;
    } finally {
      this.coming.delete(key);
    }
  }

  /**
   * Calls with the tree of a text; around the place only, as long as that of a long text is being made.
   *
   * @param start of the part of the text that a completion takes the place of
   * @throws Error when the grammar's file is damaged or missing
   */
  async at<T>(
    { key, text, grammar }: { key: string; text: string; grammar: string },
    { start, end }: { start: number; end: number },
    use: (place: TreeAt) => T,
  ): Promise<T> {
    if (text.length <= WINDOW) await this.prepare(key, text, grammar);
    else void this.prepare(key, text, grammar).catch(() => undefined);
    const tree = this.current(key, text);
    if (tree !== undefined) return use({ tree, start, end });
    const from = text.length <= WINDOW ? 0 : windowStart(text, start);
    const part = await DocumentTree.of(text.slice(from, windowEnd(text, end)), grammar);
    try {
      return use({ tree: part, start: start - from, end: end - from });
    } finally {
      part.delete();
    }
  }

  /** The tree that is kept, brought up to the text. */
  private current(key: string, text: string): DocumentTree | undefined {
    const tree = this.kept.get(key);
    if (tree === undefined) return undefined;
    if (tree.update(text, LONGEST_UPDATE)) return tree;
    this.forget(key);
    return undefined;
  }

  private keep(key: string, tree: DocumentTree): void {
    this.kept.get(key)?.delete();
    this.kept.delete(key);
    this.kept.set(key, tree);
    for (const [oldest] of this.kept) if (this.kept.size > KEPT) this.forget(oldest);
  }
}

/** The first line that is not indented within half a window before a place: there, a file can be cut. */
function windowStart(text: string, at: number): number {
  const from = Math.max(0, at - WINDOW / 2);
  const line = /^(?![\s)\]}]|$)/m.exec(text.slice(from, at));
  return from === 0 ? 0 : from + (line?.index ?? 0);
}

/** Behind the last line end that one which is not indented follows, within half a window. */
function windowEnd(text: string, at: number): number {
  const end = Math.min(text.length, at + WINDOW / 2);
  if (end === text.length) return end;
  const last = [...text.slice(at, end).matchAll(/\n(?=[^\s)\]}])/g)].at(-1);
  return last === undefined ? end : at + last.index + 1;
}
