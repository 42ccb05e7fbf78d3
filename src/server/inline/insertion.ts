/** A bracket or block that a text opens and does not close. */
export interface Opening {
  /** Offset in the text; negative for one that stands in the line before it. */
  at: number;
  closer: string;
}

/** What would become of a document with a text at the cursor. */
export interface Insertion {
  /** Syntax errors that the document has without the cursor's line, or with it as it is: what a text must not exceed. */
  readonly allowed: number;
  /** Syntax errors that the document would have. */
  errors(text: string): number;
  /** What the cursor's line up to the end of the text opens without closing it, outermost first. */
  openings(text: string): Opening[];
}
