/**
 * Removes from a completion what already follows the cursor: its end when the rest of the line starts with it, and whole lines
 * from the first one that equals the next line of the text.
 *
 * @param after text after the cursor
 */
export function dropRepeats(completion: string, after: string): string {
  const [rest = '', ...following] = after.split(/\r?\n/);
  const lines = completion.split(/\r?\n/);
  const next = following.find((line) => line.trim() !== '');
  if (next !== undefined) {
    const repeated = lines.findIndex((line, i) => i > 0 && line.trim() !== '' && sameLine(line, next));
    // A lone closing bracket occurs everywhere; it repeats the text only as the last line of the completion.
    if (repeated > 0 && (next.trim().length > 2 || repeated === lines.length - 1)) lines.length = repeated;
  }
  let text = lines.join(completion.includes('\r\n') ? '\r\n' : '\n').replace(/\s+$/, '');
  const tail = rest.trimEnd();
  if (tail !== '') text = dropOverlap(text, tail);
  if (text.trim() !== '' && lines.length === 1 && sameLine(text, rest)) return '';
  return text;
}

/** The text without its longest end that the following text starts with. White space in between does not matter. */
function dropOverlap(text: string, following: string): string {
  for (const start of [following, following.trimStart()]) {
    for (let length = Math.min(text.length, start.length); length > 0; length--) {
      if (text.endsWith(start.slice(0, length))) return text.slice(0, text.length - length);
    }
  }
  return text;
}

function sameLine(a: string, b: string): boolean {
  return a.trim() === b.trim();
}

/** A short piece repeated this often means that the model is looping. */
const LOOP = /([^\s=\-*/#_~.][^\n]{0,30}?)\1{4,}/;

/** Shorter lines repeat in good code, too. */
const MIN_REPEATED_LINE = 8;

/** Ends a completion where the model starts to loop: at a piece that is repeated immediately, or at a line it wrote before. */
export function dropLoops(completion: string): string {
  const loop = LOOP.exec(completion);
  const text = loop === null ? completion : completion.slice(0, loop.index);
  const lines = text.split('\n');
  const again = lines.findIndex((line, i) => line.trim().length >= MIN_REPEATED_LINE && lines.indexOf(line) < i);
  return again < 0 ? text : lines.slice(0, again).join('\n');
}
