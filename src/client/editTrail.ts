/** One change of a document, as far as it matters here. */
export interface Edit {
  /** Characters that were replaced. */
  removed: number;
  inserted: number;
  isUndoOrRedo: boolean;
}

/** Remembers how each document changed last: after deleting or undoing, nobody wants an offer. */
export class EditTrail {
  private readonly last = new Map<string, Edit>();

  changed(uri: string, edits: readonly { rangeLength: number; text: string }[], isUndoOrRedo: boolean): void {
    if (edits.length === 0) return;
    const removed = edits.reduce((sum, edit) => sum + edit.rangeLength, 0);
    const inserted = edits.reduce((sum, edit) => sum + edit.text.length, 0);
    this.last.set(uri, { removed, inserted, isUndoOrRedo });
  }

  /** Whether the last change took something away, or went back to an earlier text. */
  wentBack(uri: string): boolean {
    const edit = this.last.get(uri);
    return edit !== undefined && (edit.isUndoOrRedo || edit.removed > edit.inserted);
  }

  closed(uri: string): void {
    this.last.delete(uri);
  }
}
