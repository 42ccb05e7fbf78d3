/** Whether a file is a Jupyter notebook, by name. */
export function isNotebook(path: string): boolean {
  return /\.ipynb$/i.test(path);
}

/**
 * The cells of a notebook as text, without outputs, images and JSON syntax. Every line keeps its number, and the rest of the file is
 * blank, so that a position in the text is a position in the file.
 *
 * @returns the bytes unchanged if they are not a notebook
 */
export function notebookText(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  let cells: unknown;
  try {
    cells = (JSON.parse(text) as { cells?: unknown } | null)?.cells;
  } catch {
    return bytes;
  }
  if (!Array.isArray(cells)) return bytes;
  let inSource = false;
  const lines = text.split('\n').map((line) => {
    const begins = /^\s*"source"\s*:\s*\[\s*$/.test(line);
    const ends = inSource && /^\s*\]/.test(line);
    const source = stringsIn(inSource && !ends ? line : /^\s*"source"\s*:(.*)$/.exec(line)?.[1]);
    inSource = begins || (inSource && !ends);
    return source.trimEnd().replaceAll('\n', ' ');
  });
  // A notebook written without line ends has no line numbers to keep.
  const kept = lines.some((line) => line !== '') ? lines.join('\n') : cells.map(sourceOf).join('\n\n');
  return Buffer.from(kept, 'utf8');
}

function sourceOf(cell: unknown): string {
  const source = (cell as { source?: unknown } | null)?.source;
  return Array.isArray(source) ? source.join('') : typeof source === 'string' ? source : '';
}

/** The strings in a piece of JSON that ends with its line: one string, or a list of them. */
function stringsIn(json = ''): string {
  try {
    const value: unknown = JSON.parse(json.replace(/,\s*$/, ''));
    return sourceOf({ source: value });
  } catch {
    return '';
  }
}
