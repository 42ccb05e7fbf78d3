/**
 * The offset of a line's first visible character, at or before the cursor's line, so that the text before it has the same tokens
 * whatever is typed behind it: pieces of text for the tokenizer never reach across a line end and the white space after it.
 *
 * @returns 0 when there is no such line
 */
export function stableLineStart(text: string): number {
  for (let end = text.length; end > 0;) {
    const lineStart = text.lastIndexOf('\n', end - 1) + 1;
    if (lineStart === 0) return 0;
    let start = lineStart;
    while (start < text.length && (text[start] === ' ' || text[start] === '\t')) start++;
    // At the very end, white space may still grow, and more line ends may follow.
    if (start < text.length && !/\s/.test(text[start]!)) return start;
    end = lineStart - 1;
  }
  return 0;
}
