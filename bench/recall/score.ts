import type { Written } from '../reading';

/** A value must end where it is written: `123456` does not recall `12345`. */
const ENDS = /^($|[\s;,:)}\]'"`{=|>/])/;

/** Whether code continued with `text` continues with exactly this value. */
export function isWritten(text: string, value: string): boolean {
  return text.startsWith(value) && ENDS.test(text.slice(value.length));
}

/** Whether an answer is exactly this value, ignoring quotes and white space around it. */
export function isAnswer(text: string, value: string): boolean {
  const bare = (shown: string): string => {
    const line = shown.trim().split('\n', 1)[0]!.trimEnd();
    return /^(["'`])(.*)\1$/.exec(line)?.[2] ?? line;
  };
  return bare(text) === bare(value);
}

/** Whether the model said that there is no such thing: the token `<|none|>`, and nothing before it. */
export function isNotFound(written: Written, none: number): boolean {
  return written.end.reason === 'special' && written.end.id === none && written.text.trim() === '';
}

/** For the record: what was written, with the token that ended it. */
export function shown(written: Written, none: number): string {
  const mark = written.end.reason === 'special' && written.end.id === none ? '<|none|>' : '';
  return `${written.text.slice(0, 80)}${mark}`;
}
