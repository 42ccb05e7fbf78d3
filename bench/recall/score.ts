import type { Written } from '../reading';

/** A value must end where it is written down: `12345` is not recalled by `123456`. */
const ENDS = /^($|[\s;,:)}\]'"`{=|>/])/;

/** Whether code that goes on with `text` goes on with exactly this value. */
export function isWritten(text: string, value: string): boolean {
  return text.startsWith(value) && ENDS.test(text.slice(value.length));
}

/** Whether an answer is exactly this value; quotes around it count for nothing, white space at its ends neither. */
export function isAnswer(text: string, value: string): boolean {
  const bare = (shown: string): string => {
    const line = shown.trim().split('\n', 1)[0]!.trimEnd();
    return /^(["'`])(.*)\1$/.exec(line)?.[2] ?? line;
  };
  return bare(text) === bare(value);
}

/** Whether the model said that there is no such thing: the mark `<|none|>`, and nothing before it. */
export function isNotFound(written: Written, none: number): boolean {
  return written.end.reason === 'special' && written.end.id === none && written.text.trim() === '';
}

/** For the record: what was written, with the mark that ended it. */
export function shown(written: Written, none: number): string {
  const mark = written.end.reason === 'special' && written.end.id === none ? '<|none|>' : '';
  return `${written.text.slice(0, 80)}${mark}`;
}
