/** The relevant parts of a change to a document. */
export interface Edit {
  /** Number of characters replaced. */
  removed: number;
  inserted: number;
  isUndoOrRedo: boolean;
}

/** Remembers the last change of each document: after deleting or undoing, no offer is wanted. */
export class EditTrail {
  private readonly last = new Map<string, Edit>();

  changed(uri: string, edits: readonly { rangeLength: number; text: string }[], isUndoOrRedo: boolean): void {
    if (edits.length === 0) return;
    const removed = edits.reduce((sum, edit) => sum + edit.rangeLength, 0);
    const inserted = edits.reduce((sum, edit) => sum + edit.text.length, 0);
    this.last.set(uri, { removed, inserted, isUndoOrRedo });
  }

  /** Whether the last change removed text, or went back to an earlier one. */
  wentBack(uri: string): boolean {
    const edit = this.last.get(uri);
    return edit !== undefined && (edit.isUndoOrRedo || edit.removed > edit.inserted);
  }

  closed(uri: string): void {
    this.last.delete(uri);
  }
}
