/** Rows that are drawn: from `first` to before `end`. */
export interface RowWindow {
  first: number;
  end: number;
}

/** Rows beyond the edges that are drawn too, so that quick scrolling shows no gaps. */
const MARGIN = 8;

/** Which rows of a list must be there for what is in sight. Pixels. */
export function rowWindow(rows: number, rowHeight: number, scrollTop: number, height: number): RowWindow {
  const first = Math.max(0, Math.min(rows, Math.floor(scrollTop / rowHeight) - MARGIN));
  return { first, end: Math.min(rows, Math.max(first, Math.ceil((scrollTop + height) / rowHeight) + MARGIN)) };
}

/** Where to scroll so that a row is in sight: as little as possible. */
export function scrollToRow(row: number, rowHeight: number, scrollTop: number, height: number): number {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  return Math.max(scrollTop, top + rowHeight - height);
}
