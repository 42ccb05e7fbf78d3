/**
 * Removes the last word of a text that was cut off, since it may be incomplete; nothing remains if there is no other word: a lone bracket
 * is useless.
 */
export function wholeWords(text: string): string {
  const whole = text.replace(/[\p{L}\p{N}_$]+$/u, '');
  return /[\p{L}\p{N}]/u.test(whole) ? whole.trimEnd() : '';
}
