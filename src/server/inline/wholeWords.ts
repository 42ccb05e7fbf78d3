/**
 * Text that was cut off while it was written, without the word at its end, of which nobody knows whether it is whole; nothing, if no other
 * word is left: a bracket alone helps nobody.
 */
export function wholeWords(text: string): string {
  const whole = text.replace(/[\p{L}\p{N}_$]+$/u, '');
  return /[\p{L}\p{N}]/u.test(whole) ? whole.trimEnd() : '';
}
