/** Rows to draw: from `first` (inclusive) to `end` (exclusive). */
export interface RowWindow {
  first: number;
  end: number;
}

/** Rows drawn beyond the edges, so that quick scrolling shows no gaps. */
const MARGIN = 8;

/** The rows of a list needed for the visible area. Pixels. */
export function rowWindow(rows: number, rowHeight: number, scrollTop: number, height: number): RowWindow {
  const first = Math.max(0, Math.min(rows, Math.floor(scrollTop / rowHeight) - MARGIN));
  return { first, end: Math.min(rows, Math.max(first, Math.ceil((scrollTop + height) / rowHeight) + MARGIN)) };
}

/** Where to scroll to make a row visible, as little as possible. */
export function scrollToRow(row: number, rowHeight: number, scrollTop: number, height: number): number {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  return Math.max(scrollTop, top + rowHeight - height);
}
